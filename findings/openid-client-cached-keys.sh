#!/usr/bin/env bash
# openid-client 6.9.0 (oauth4webapi 3) with enableNonRepudiationChecks, and jose 6.2.18 to play the provider.
#
# When the signature of an ID token does not fit the cached keys, one would expect the keys to be asked for once more, as many
# verifiers do. It does not happen: keys that were fetched are kept for minutes, and a provider that put another key under the
# same key id is not asked again. The authorization code is spent by then, and the tokens of that answer are thrown away with it.
# An unknown key id does not have them asked for either while they are young. And `expires_in: 1e308` of a token answer is told
# as Infinity seconds by expiresIn().
#
# Seen on 2026-11-30 with Node 20.20.2:
#   first key: signed in, key set asked for 1 time(s)
#   another key under the same id: refused, refused, key set asked for 1 time(s)
#   another key under another id: refused, refused, key set asked for 1 time(s)
#   expires_in 1e308: Infinity
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact openid-client@6.9.0 jose@6.2.18
cat >probe.mjs <<'JS'
import { once } from 'node:events';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as oc from 'openid-client';

let [kid, key] = ['one', await generateKeyPair('RS256')];
let asked = 0;
let nonce = '';
const server = createServer(async (req, res) => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const json = (value) => res.setHeader('content-type', 'application/json').end(JSON.stringify(value));
  if (req.url === '/jwks') {
    asked += 1;
    return json({ keys: [{ ...(await exportJWK(key.publicKey)), kid, use: 'sig', alg: 'RS256' }] });
  }
  if (req.url === '/token') {
    const id_token = await new SignJWT({ nonce })
      .setProtectedHeader({ alg: 'RS256', kid })
      .setIssuer(issuer).setSubject('alice').setAudience('client').setIssuedAt().setExpirationTime('5m')
      .sign(key.privateKey);
    return json({ access_token: 'a', token_type: 'Bearer', expires_in: 1e308, id_token });
  }
  json({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = new URL(`http://127.0.0.1:${server.address().port}`);
const configuration = await oc.discovery(issuer, 'client', {}, oc.None(), {
  execute: [oc.allowInsecureRequests, oc.enableNonRepudiationChecks],
});

async function signIn() {
  nonce = oc.randomNonce();
  const here = new URL('http://127.0.0.1/callback?code=c');
  return oc.authorizationCodeGrant(configuration, here, { expectedNonce: nonce, idTokenExpected: true });
}
const told = async () => {
  try {
    await signIn();
    return 'signed in';
  } catch {
    return 'refused';
  }
};

console.log(`first key: ${await told()}, key set asked for ${asked} time(s)`);
key = await generateKeyPair('RS256');
console.log(`another key under the same id: ${await told()}, ${await told()}, key set asked for ${asked} time(s)`);
[kid, key] = ['two', await generateKeyPair('RS256')];
console.log(`another key under another id: ${await told()}, ${await told()}, key set asked for ${asked} time(s)`);
const fresh = await oc.discovery(issuer, 'client', {}, oc.None(), { execute: [oc.allowInsecureRequests] });
nonce = oc.randomNonce();
const answer = await oc.authorizationCodeGrant(fresh, new URL('http://127.0.0.1/callback?code=c'), {
  expectedNonce: nonce,
  idTokenExpected: true,
});
console.log(`expires_in 1e308: ${answer.expiresIn()}`);
server.close();
server.closeAllConnections();
JS
timeout 60 node probe.mjs | tee seen
cat >expected <<'TXT'
first key: signed in, key set asked for 1 time(s)
another key under the same id: refused, refused, key set asked for 1 time(s)
another key under another id: refused, refused, key set asked for 1 time(s)
expires_in 1e308: Infinity
TXT
diff expected seen && echo 'as it was'
