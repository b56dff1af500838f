import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { pair } from '../../src/agent/pair.js';
import { readPairing } from '../../src/agent/pairing-file.js';
import { selfSigned } from '../e2e/kit/front-proxy.js';
import { scratch } from './agent-process.js';
import { startService } from './device.js';
import { logCapture } from './log-capture.js';

const CODE = 'ABCDE-FGHJK';
const MACHINE = { name: 'edge-7', model: 'Jetson Orin', serial: 'S1' };
const PAIRED = { deviceId: 'dev-1', sessionToken: 's3cret-token', tunnelUrl: 'wss://tunnel.test/' };

interface Scene {
  readonly tokenFile: string;
  readonly requests: { readonly line: string; readonly body: unknown }[];
  readonly lines: ReturnType<typeof logCapture>['lines'];
  pair(code?: string): Promise<void>;
}

/** A device before an API that answers so. */
async function scene(t: TestContext, answer: (response: ServerResponse) => void): Promise<Scene> {
  const requests: Scene['requests'] = [];
  const { url } = await startService(t, async (request: IncomingMessage, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const text = Buffer.concat(parts).toString();
    requests.push({
      line: `${request.method} ${request.url}`,
      body: text === '' ? undefined : JSON.parse(text),
    });
    answer(response);
  });
  const tokenFile = join(scratch(t), 'state', 'token');
  const { log, lines } = logCapture();
  return {
    tokenFile,
    requests,
    lines,
    pair: (code = CODE) => pair({ code, api: url, tokenFile, machine: async () => MACHINE, log }),
  };
}

const json =
  (status: number, body: unknown, headers = {}) =>
  (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

test('a device that is paired keeps its token for its user only, and remembers where to dial', async (t) => {
  const device = await scene(t, json(200, PAIRED));
  await device.pair();
  assert.deepEqual(device.requests, [
    { line: 'POST /api/pairing/exchange', body: { token: CODE, device: MACHINE } },
  ]);
  assert.equal(readFileSync(device.tokenFile, 'utf8'), 's3cret-token\n');
  assert.equal(statSync(device.tokenFile).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(device.tokenFile, '..')), ['token', 'token.pairing']);
  const known = await readPairing(device.tokenFile);
  assert.deepEqual([known?.deviceId, known?.tunnelUrl], ['dev-1', 'wss://tunnel.test/']);
  const { msg, dials } = device.lines.at(-1) as { msg?: string; dials?: string };
  assert.deepEqual([msg, dials], ['paired', 'wss://tunnel.test/tunnel/connect']);
  const remembered = readFileSync(`${device.tokenFile}.pairing`, 'utf8') + JSON.stringify(device.lines);
  for (const secret of [CODE, 'ABCDEFGHJK', 's3cret-token']) assert.ok(!remembered.includes(secret));
});

test('the same code again, however it is typed, is no new pairing', async (t) => {
  const device = await scene(t, json(200, PAIRED));
  await device.pair();
  for (const again of [CODE, 'abcdefghjk', 'abcde fghjk']) await device.pair(again);
  assert.equal(device.requests.length, 1);
});

test('a device that has a token is not paired by another code, which stays good', async (t) => {
  const device = await scene(t, json(200, PAIRED));
  await device.pair();
  await assert.rejects(device.pair('MNPQR-STVWX'), { code: 'ERR_PAIRED', message: /paired already.*remove/ });
  assert.equal(device.requests.length, 1);
  assert.equal(readFileSync(device.tokenFile, 'utf8'), 's3cret-token\n');
});

test('a token that the operator put there is not replaced', async (t) => {
  const device = await scene(t, json(200, PAIRED));
  mkdirSync(join(device.tokenFile, '..'));
  writeFileSync(device.tokenFile, 'given', { mode: 0o600 });
  await assert.rejects(device.pair(), { code: 'ERR_PAIRED' });
  assert.deepEqual([device.requests.length, readFileSync(device.tokenFile, 'utf8')], [0, 'given']);
});

test('where the token cannot be kept, the code is not spent', async (t) => {
  const device = await scene(t, json(200, PAIRED));
  writeFileSync(join(device.tokenFile, '..'), 'a file in the way');
  await assert.rejects(device.pair(), { code: 'ERR_PAIR_KEEP', message: /the code was not used/ });
  assert.equal(device.requests.length, 0);
});

test('a token that cannot be kept after all: the message says which device to delete, and nothing is left', async (t) => {
  const device = await scene(t, (response) => {
    mkdirSync(join(`${device.tokenFile}.pairing`, 'in-the-way'), { recursive: true });
    json(200, PAIRED)(response);
  });
  await assert.rejects(device.pair(), { code: 'ERR_PAIR_KEEP', message: /delete that device/ });
  assert.deepEqual(readdirSync(join(device.tokenFile, '..')), ['token.pairing']);
});

const REFUSALS: readonly [string, ReturnType<typeof json>, string, RegExp][] = [
  ['a code that is not good', json(400, { code: 'pairing-refused' }), 'ERR_PAIR_REFUSED', /get a new one/],
  [
    'too many attempts',
    json(429, { code: 'rate-limited' }, { 'retry-after': '42' }),
    'ERR_PAIR_LIMITED',
    /in 42 s/,
  ],
  [
    'a store that is down',
    json(503, { code: 'store-unavailable' }, { 'retry-after': '2' }),
    'ERR_PAIR_UNREACHABLE',
    /just now: try again in 2 s/,
  ],
  [
    'a store that did not say whether it paired the device',
    json(503, { code: 'store-outcome-unknown' }),
    'ERR_PAIR_UNREACHABLE',
    /just now: try again; if the code is refused then, it was used: get a new one, and delete the device that never/,
  ],
  [
    'a name that the API does not take',
    json(400, { code: 'validation', errors: [{ path: '/device/name', message: 'it is blank' }] }),
    'ERR_PAIR_UNREACHABLE',
    /\/device\/name: it is blank/,
  ],
  [
    'a redirect',
    json(301, {}, { location: 'https://elsewhere.test/' }),
    'ERR_PAIR_UNREACHABLE',
    /answered 301/,
  ],
  [
    'another service',
    (r) => r.writeHead(404).end('<html>'),
    'ERR_PAIR_UNREACHABLE',
    /answered 404.*--public-url/,
  ],
  ['an answer that is a page', (r) => r.end('<html>'), 'ERR_PAIR_UNREACHABLE', /no session token/],
  [
    'a token that no file can hold',
    json(200, { ...PAIRED, sessionToken: 'two\nlines' }),
    'ERR_PAIR_UNREACHABLE',
    /no session token/,
  ],
  [
    'a tunnel that is no tunnel',
    json(200, { ...PAIRED, tunnelUrl: 'https://x.test' }),
    'ERR_PAIR_UNREACHABLE',
    /no session token/,
  ],
  ['an answer without end', (r) => r.end(Buffer.alloc(1 << 20)), 'ERR_PAIR_UNREACHABLE', /cannot be reached/],
  ['a connection that is cut', (r) => r.destroy(), 'ERR_PAIR_UNREACHABLE', /if the code is refused then/],
];

for (const [what, answer, code, message] of REFUSALS) {
  test(`${what} is told in a sentence, and leaves nothing behind`, async (t) => {
    const device = await scene(t, answer);
    await assert.rejects(device.pair(), (error: Error & { code: string }) => {
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.ok(!error.message.includes(CODE) && !error.message.includes('s3cret'));
      return true;
    });
    assert.deepEqual(readdirSync(join(device.tokenFile, '..')), []);
    assert.ok(!existsSync(device.tokenFile));
  });
}

const NO_OPENSSL = spawnSync('openssl', ['version']).status !== 0 && 'openssl is not there';

/** A code that was never sent is as good as before. */
async function unsent(t: TestContext, api: URL, message: RegExp): Promise<void> {
  const { log } = logCapture();
  const tokenFile = join(scratch(t), 'token');
  const pairing = pair({ code: CODE, api, tokenFile, machine: async () => MACHINE, log });
  await assert.rejects(pairing, (error: Error & { code: string }) => {
    assert.equal(error.code, 'ERR_PAIR_UNREACHABLE');
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, /it was used/);
    return true;
  });
}

test('where there was no connection, nobody is told that the code may be used', async (t) => {
  const nobody = createServer().listen(0, '127.0.0.1');
  await once(nobody, 'listening');
  const { port } = nobody.address() as AddressInfo;
  nobody.close();
  await once(nobody, 'close');
  await unsent(t, new URL(`http://127.0.0.1:${port}`), /cannot be reached \(.*ECONNREFUSED.*then try again$/);
});

test('a certificate that signed itself: what to set, and nothing of a used code', {
  skip: NO_OPENSSL,
}, async (t) => {
  const { pem, keyFile } = selfSigned(scratch(t));
  const server = createTlsServer({ cert: pem, key: readFileSync(keyFile) }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await unsent(t, new URL(`https://localhost:${port}`), /self-signed certificate.*NODE_EXTRA_CA_CERTS/);
});

test('what is remembered and cannot be read is told with what to do', async (t) => {
  const path = join(scratch(t), 'token');
  for (const text of ['', '{', '[]', '{"deviceId":"d"}']) {
    writeFileSync(`${path}.pairing`, text);
    await assert.rejects(readPairing(path), { code: 'ERR_PAIRING_FILE', message: /remove it/ });
  }
});
