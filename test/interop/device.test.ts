import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { GoDevice } from '../../bench/peers/go-device.js';
import { requireGo } from './require-go.js';

async function relay(): Promise<{ server: WebSocketServer; url: string }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/tunnel/connect` };
}

test('the Go device sends its credential and reports the close code', async (t) => {
  const program = await requireGo(t);
  if (program === undefined) return;
  const { server, url } = await relay();
  t.after(() => server.close());
  const device = new GoDevice(program, { url, token: 'secret', 'retry-min': '1ms' });
  t.after(() => device.stop());

  const [socket, request] = await once(server, 'connection');
  assert.equal(request.headers.authorization, 'Bearer secret');
  await device.connected();
  socket.close(4001, 'idle');
  const end = await device.next('disconnected');
  assert.equal(end.code, 4001);
  assert.equal(end.reason, 'idle');

  const [again] = await once(server, 'connection');
  again.terminate();
  assert.equal((await device.next('disconnected')).code, 1006);
});

test('the Go device reports a refusal with its status', async (t) => {
  const program = await requireGo(t);
  if (program === undefined) return;
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', verifyClient: () => false });
  await once(server, 'listening');
  t.after(() => server.close());
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const device = new GoDevice(program, { url, token: 'secret', query: true, reconnect: false });
  t.after(() => device.stop());
  assert.equal((await device.next('refused')).status, 401);
  assert.equal(await device.exited(), 'exit 0');
});
