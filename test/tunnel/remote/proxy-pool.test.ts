import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ProxyForwarder } from '../../../src/tunnel/remote/proxy-forwarder.js';
import { CONTROL_CONNECTIONS } from '../../../src/tunnel/remote/proxy-limits.js';
import { ProxyPool } from '../../../src/tunnel/remote/proxy-pool.js';
import { INTERNAL_SECRET } from '../../support/proxy-fixture.js';
import { DEVICE } from '../forward/http-device.js';
import { RecordedCall, request } from '../forward/recording-sink.js';
import { roomyBudget } from '../forward/unread.js';

const CALL = '/internal/forward/http';

/** A remote-proxy that leaves the requests whose path begins so without an answer, and a pool to it. */
async function open(silent: string, maxCalls?: number) {
  const held: ServerResponse[] = [];
  let heldMore = (): void => {};
  const server = createServer((req, res) => {
    if (!req.url?.startsWith(silent)) return res.writeHead(200, { 'X-Forward-Origin': 'device' }).end('{}');
    held.push(res);
    heldMore();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const pool = new ProxyPool({ url, secret: INTERNAL_SECRET, ...(maxCalls !== undefined && { maxCalls }) });
  const forwarder = new ProxyForwarder({ pool, budget: roomyBudget() });
  return {
    pool,
    forwarder,
    /** Resolves once so many requests wait. */
    waiting: (count: number) =>
      new Promise<void>((resolve) => {
        heldMore = () => held.length >= count && resolve();
        heldMore();
      }),
    close: async () => {
      await pool.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

test('calls that take every connection hold up no control request', async () => {
  const { pool, forwarder, waiting, close } = await open(CALL, 3);
  try {
    for (let i = 0; i < 3; i++) new RecordedCall(forwarder, DEVICE, request());
    await waiting(3);
    assert.deepEqual(await pool.ask('GET', '/internal/ready'), { status: 200, text: '{}' });
  } finally {
    await close();
  }
});

test('control requests that take every connection hold up no call', async () => {
  const { pool, forwarder, waiting, close } = await open('/internal/sessions');
  try {
    const asked = Array.from({ length: 2 * CONTROL_CONNECTIONS }, () =>
      pool.ask('GET', '/internal/sessions'),
    );
    const ended = Promise.allSettled(asked);
    await waiting(CONTROL_CONNECTIONS);
    const { answer } = await new RecordedCall(forwarder, DEVICE, request()).over();
    assert.equal(answer?.status, 200);
    await pool.close();
    for (const { status } of await ended) assert.equal(status, 'rejected');
  } finally {
    await close();
  }
});
