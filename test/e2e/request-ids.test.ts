import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { startApiServer } from '../../src/cli/compose/api-server.js';
import { loadApiConfig } from '../../src/config/load.js';
import { createLogger } from '../../src/observability/log.js';
import { apiEnvironment } from './kit/api-process.js';
import type { LogLine, Program } from './kit/program.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { exchange, type Person, RestProcess } from './kit/rest-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';
import { ownerOf } from './kit/store.js';

/** A problem as a caller has it: what an operator is then asked about. */
interface Told {
  readonly requestId: string;
  readonly code: string;
  readonly status: number;
}

async function problemOf(answer: {
  json(): Promise<unknown>;
  headers: { get(name: string): string | null };
}) {
  const told = (await answer.json()) as Told;
  assert.equal(answer.headers.get('x-request-id'), told.requestId);
  return told;
}

/** The line of a problem; it has what every such line has. */
async function lineOf(program: Program, { requestId, code, status }: Told): Promise<LogLine> {
  const line = await program.lineWith({ requestId, code });
  assert.equal(line.level, status < 500 ? 'info' : 'warn');
  assert.equal(line.status, status);
  assert.equal(typeof line.ms, 'number');
  return line;
}

async function handshake(up: RestProcess, person: Person, path: string): Promise<string> {
  const url = up.url(path).replace('http:', 'ws:');
  const headers = { cookie: person.browser.cookieField(up.url('/')), origin: new URL(up.url('/')).origin };
  const socket = new WebSocket(url, { headers });
  const [, answer] = await once(socket, 'unexpected-response');
  answer.resume();
  return answer.headers['x-request-id'];
}

test('attack 63, O1: the request id of every problem that `up` answers finds one line, with who, what and why', async (t) => {
  const up = await RestProcess.start('up');
  t.after(() => up.close());
  const alice = await up.signIn('alice');
  const { userId } = await alice.me();
  const { deviceId } = await alice.pair();

  const offline = await problemOf(await alice.get(`/api/devices/${deviceId}/proxy/frames?key=hidden`));
  assert.equal(offline.code, 'device-offline');
  const line = await lineOf(up.program, offline);
  assert.deepEqual(
    [line.userId, line.deviceId, line.method, line.path],
    [userId, deviceId, 'GET', `/api/devices/${deviceId}/proxy/frames`],
  );
  assert.equal(line.reason, 'the device has no live tunnel');
  assert.equal(line.remoteAddr, '127.0.0.1');

  const socket = await handshake(up, alice, `/api/devices/${deviceId}/proxy/ws`);
  assert.equal((await up.program.lineWith({ requestId: socket })).code, 'device-offline');

  const elsewhere = await problemOf(await alice.get('/api/devices/nobodys'));
  assert.equal((await lineOf(up.program, elsewhere)).userId, userId);

  const stranger = await problemOf(await fetch(up.url('/api/devices')));
  assert.equal((await lineOf(up.program, stranger)).reason, 'no credentials');

  const callback = await problemOf(await fetch(up.url('/api/auth/callback?state=x&code=secret-code')));
  assert.equal(callback.code, 'sign-in-failed');
  assert.equal((await lineOf(up.program, callback)).reason, 'no-cookie');

  const refused = await problemOf(await exchange(up, 'ABCDE-FGHJK'));
  assert.equal(refused.code, 'pairing-refused');
  assert.equal((await lineOf(up.program, refused)).remoteAddr, '127.0.0.1');

  const page = await alice.browser.fetch(up.url('/api/auth/callback?state=x&code=y'), {
    headers: { accept: 'text/html' },
  });
  assert.equal(page.status, 400);
  await up.program.lineWith({ requestId: page.headers.get('x-request-id'), code: 'sign-in-failed' });
  assert.doesNotMatch(up.program.output, /secret-code|hidden|FGHJK/);
});

test('O1: a problem that api-server passes on is a line of remote-proxy too, under the same id', async (t) => {
  const proxy = await ProxyProcess.start({ hosts: 1 });
  t.after(() => proxy.stop());
  const { deviceId, sessionToken } = await proxy.device();
  const userId = await ownerOf(proxy.dataDir, deviceId);
  const lines: LogLine[] = [];
  const log = createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) });
  const config = loadApiConfig({ flags: new Map(), env: apiEnvironment(proxy) });
  const user = { userId, via: 'bearer', endsAt: Number.POSITIVE_INFINITY } as const;
  const authenticator = { peek: () => user, authenticate: () => Promise.resolve(user) };
  const api = await startApiServer(config, log, authenticator);
  t.after(() => api.drain());
  const call = () =>
    fetch(new URL(`/api/devices/${deviceId}/proxy/x`, String(api.ready.api)), {
      headers: { authorization: 'Bearer x' },
    });

  const offline = await problemOf(await call());
  assert.equal(offline.code, 'device-offline');
  const there = await lineOf(proxy.program, offline);
  assert.deepEqual([there.userId, there.deviceId], [userId, deviceId]);
  const here = lines.find(
    ({ requestId, code }) => requestId === offline.requestId && code === 'device-offline',
  );
  assert.deepEqual([here?.userId, here?.deviceId], [userId, deviceId]);

  // The head is out, and nothing more can be said: it is told in the log alone.
  const device = await ScriptedDevice.connect(proxy.tunnelUrl, sessionToken);
  const answer = call();
  const { stream } = await device.request();
  stream.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
  const half = await answer;
  device.drop();
  await assert.rejects(half.text());
  const requestId = half.headers.get('x-request-id') ?? '';
  await proxy.program.lineWith({ requestId, msg: 'an answer was cut' });
  assert.doesNotMatch(proxy.program.output, new RegExp(sessionToken));
});
