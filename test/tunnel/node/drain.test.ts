import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { test } from 'node:test';
import { connectUrl, dial } from '../../../src/agent/dial.js';
import { INTERNAL_SECRET, OWNER, ProxyFixture } from '../../support/proxy-fixture.js';

/** Calls the device through the internal API; resolves with the head of its answer. */
async function stream(fixture: ProxyFixture, deviceId: string): Promise<IncomingMessage> {
  const call = request(new URL(`/internal/forward/http?device=${deviceId}`, fixture.internalUrl), {
    method: 'POST',
    agent: new Agent({ keepAlive: true }),
    headers: {
      Authorization: `Bearer ${INTERNAL_SECRET.reveal()}`,
      'X-Forward-Method': 'GET',
      'X-Forward-Target': '/events',
    },
  });
  call.end();
  const [message] = await once(call, 'response');
  return message;
}

test('a drain waits no longer for a call that does not end: it is cut, and its device still gets 1001', async () => {
  const fixture = await ProxyFixture.start();
  const device = await fixture.device('camera', (_path, res) => {
    res.write('first');
  });
  const answer = await stream(fixture, 'camera');
  const cut = once(answer, 'error');
  answer.resume();
  assert.equal(await fixture.proxy.drain(50), 1, 'O5: it is told how many were cut');
  assert.deepEqual(await device.tunnel.ended, { code: 1001, reason: 'draining' });
  assert.equal((await cut)[0].code, 'ECONNRESET');
  await device.close();
});

test('a call that comes during a drain is told to come back, on another connection', async () => {
  const fixture = await ProxyFixture.start();
  const device = await fixture.device('camera', (_path, res) => {
    res.write('first');
  });
  const answer = await stream(fixture, 'camera');
  const drained = fixture.proxy.drain(60_000);
  const late = await stream(fixture, 'camera');
  assert.deepEqual([late.statusCode, late.headers.connection], [503, 'close']);
  late.resume();
  answer.destroy();
  assert.equal(await drained, 0);
  await device.close();
});

test('a device whose dial was under way when the drain began is told to come back', async () => {
  const fixture = await ProxyFixture.start();
  const device = await fixture.device('camera', (_path, res) => {
    res.write('first');
  });
  const answer = await stream(fixture, 'camera');
  const { store } = fixture;
  store.addCredential(OWNER, 'late', 'late');
  let admitLate = (): void => {};
  const asked = new Promise<void>((resolve) => {
    store.before.set('connect', () => {
      resolve();
      return new Promise<void>((go) => {
        admitLate = go;
      });
    });
  });
  const url = connectUrl(new URL(`ws://127.0.0.1:${fixture.proxy.tunnelPort}`));
  const dialled = dial(url, 'late', new AbortController().signal);
  await asked;
  const drained = fixture.proxy.drain(60_000);
  admitLate();
  assert.deepEqual(await dialled, { kind: 'refused', status: 503, retryAfterMs: 5000 });
  answer.destroy();
  await drained;
  await device.close();
});
