import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connectUrl, dial } from '../../src/agent/dial.js';
import { startRelay, startTcp } from './device.js';

/** Where to dial a TCP server that does as told with each connection. */
async function startBroken(t: TestContext, serve: (socket: Socket) => void): Promise<URL> {
  const { host } = await startTcp(t, serve);
  return new URL(`ws://${host}/tunnel/connect`);
}

const never = new AbortController().signal;

test('a handshake that takes too long is a failure, even when bytes keep coming', async (t) => {
  const url = await startBroken(t, (socket) => {
    const drip = setInterval(() => socket.write('H'), 5);
    socket.once('close', () => clearInterval(drip));
    socket.write('HTTP/1.1 101 Switching Protocols\r\nX: ');
  });
  const dialled = await dial(url, 'token', never, 60);
  assert.ok(dialled.kind === 'failed');
  assert.match(dialled.error.message, /no answer within 60 ms/);
});

test('an abort gives up at once, before and during the dial', async (t) => {
  const url = await startBroken(t, (socket) => socket.resume());
  assert.equal((await dial(url, 'token', AbortSignal.abort())).kind, 'failed');
  const giveUp = new AbortController();
  const dialled = dial(url, 'token', giveUp.signal);
  giveUp.abort();
  assert.equal((await dialled).kind, 'failed');
});

test('a redirect is not followed: the credential goes where the operator said and nowhere else', async (t) => {
  const elsewhere = await startRelay(t);
  const relay = await startRelay(t, {
    decide: () => ({ status: 307, headers: { Location: connectUrl(elsewhere.url).href } }),
  });
  const dialled = await dial(connectUrl(relay.url), 'token', never);
  assert.deepEqual(dialled, { kind: 'refused', status: 307, retryAfterMs: undefined });
  assert.equal(elsewhere.dials, 0);
});

test('a refusal carries its status and Retry-After', async (t) => {
  const relay = await startRelay(t, { decide: () => ({ status: 503, headers: { 'Retry-After': '4' } }) });
  const dialled = await dial(connectUrl(relay.url), 'token', never);
  assert.deepEqual(dialled, { kind: 'refused', status: 503, retryAfterMs: 4_000 });
});
