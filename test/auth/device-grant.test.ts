import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { tokenFlags } from '../../src/auth/device-grant.js';
import { loadTokenConfig } from '../../src/config/load.js';
import { DEV_AUDIENCE, DEV_CLIENT_ID } from '../../src/config/types.js';
import { Secret } from '../../src/text/secret.js';
import { given } from '../config/given.js';
import { OIDC_POLICY } from './oidc-policy.js';

const oidc = {
  issuer: new URL('https://id.example/realm'),
  clientId: "it's our $HOME",
  clientSecret: new Secret('s3cret'),
  ...OIDC_POLICY,
  audience: 'https://api.example/a;b',
};

/** What `visiona token` makes of them, typed at a shell. */
function understood(flags = '') {
  const words = execFileSync('sh', ['-c', `printf '%s\\n' ${flags}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
  const pairs = words.flatMap((word, at) => (at % 2 === 0 ? [[word.slice(2), words[at + 1] ?? '']] : []));
  return loadTokenConfig(given({}, Object.fromEntries(pairs) as Record<string, string>));
}

test('visiona token is told of the provider, and of no secret', () => {
  const { issuer, clientId, clientSecret, audience } = understood(tokenFlags(oidc));
  assert.equal(issuer.href, oidc.issuer.href);
  assert.deepEqual([clientId, audience, clientSecret], [oidc.clientId, oidc.audience, undefined]);
});

test('visiona token is told where the development provider is', () => {
  const issuer = new URL('http://127.0.0.1:4000');
  const flags = tokenFlags({ ...oidc, issuer, clientId: DEV_CLIENT_ID, audience: DEV_AUDIENCE });
  assert.equal(flags, '--dev-op-addr 127.0.0.1:4000');
  assert.equal(understood(flags).issuer.href, issuer.href);
});

test('without an audience there are no tokens to get', () => {
  assert.equal(tokenFlags({ ...oidc, audience: undefined }), undefined);
});
