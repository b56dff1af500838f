import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { tunnelKey } from '../../../src/contract/tunnel-key.js';
import { BlackHole } from '../../support/blackhole.js';
import { ProxyFixture } from '../../support/proxy-fixture.js';

const says = (text: string) => (_path: string, res: ServerResponse) => {
  res.end(text);
};

test('the next request after a device dials again is served by the new session, its old connection black-holed', async () => {
  const fixture = await ProxyFixture.start();
  const hole = await BlackHole.start(fixture.proxy.tunnelPort);
  try {
    const old = await fixture.device('camera', says('old'), hole.port);
    assert.deepEqual(bodyOf(await fixture.call('camera')), 'old');
    const handle = await fixture.proxy.store.lookup(tunnelKey('camera'));

    hole.hole();
    const next = await fixture.device('camera', says('new'));
    assert.deepEqual(bodyOf(await fixture.call('camera')), 'new');
    assert.equal(handle.isClosed(), true);
    const current = await fixture.proxy.store.lookup(tunnelKey('camera'));
    assert.ok(current.identity.epoch > handle.identity.epoch);

    hole.cut();
    assert.equal((await old.tunnel.ended).code, 1006);
    assert.deepEqual(bodyOf(await fixture.call('camera')), 'new');
    assert.equal((await fixture.proxy.store.list()).length, 1);
    await next.close();
  } finally {
    await hole.close();
    await fixture.close();
  }
});

test('a device that dials again over a working connection has its old socket closed with 4000', async () => {
  const fixture = await ProxyFixture.start();
  try {
    const old = await fixture.device('camera', says('old'));
    const next = await fixture.device('camera', says('new'));
    assert.deepEqual(await old.tunnel.ended, { code: 4000, reason: 'replaced' });
    assert.deepEqual(bodyOf(await fixture.call('camera')), 'new');
    await next.close();
  } finally {
    await fixture.close();
  }
});

test('a GET in flight on a replaced session is answered by the new one; a POST fails fast and says why', async () => {
  const fixture = await ProxyFixture.start();
  const arrived = new EventEmitter();
  try {
    const old = await fixture.device('camera', (path) => arrived.emit(path));
    const heard = Promise.all([once(arrived, '/get'), once(arrived, '/post')]);
    const get = fixture.call('camera', '/get');
    const post = fixture.call('camera', '/post', 'POST');
    await heard;
    const next = await fixture.device('camera', says('new'));
    assert.equal(bodyOf(await get), 'new');
    const failed = await post;
    assert.equal(failed.kind === 'failed' && failed.failure.code, 'tunnel-lost-after-send');
    assert.equal(fixture.metrics.retries, 1);
    await old.tunnel.ended;
    await next.close();
  } finally {
    await fixture.close();
  }
});

test('a call in flight when its device disconnects fails at once, and says that it may have been seen', async () => {
  const fixture = await ProxyFixture.start();
  const arrived = new EventEmitter();
  try {
    const device = await fixture.device('camera', (path) => arrived.emit(path));
    const heard = once(arrived, '/slow');
    const call = fixture.call('camera', '/slow', 'POST');
    await heard;
    await device.close();
    const failed = await call;
    assert.equal(failed.kind === 'failed' && failed.failure.code, 'tunnel-lost-after-send');
    const offline = await fixture.call('camera');
    assert.equal(offline.kind === 'failed' && offline.failure.code, 'device-offline');
  } finally {
    await fixture.close();
  }
});

test('a call to a device that never connected is device-offline', async () => {
  const fixture = await ProxyFixture.start();
  try {
    const offline = await fixture.call('nobody');
    assert.equal(offline.kind === 'failed' && offline.failure.code, 'device-offline');
  } finally {
    await fixture.close();
  }
});

test('a device that does not answer in time is device-timeout, and its tunnel goes on', async () => {
  const fixture = await ProxyFixture.start({ headTimeoutMs: 50 });
  try {
    const device = await fixture.device('camera', (path, res) => {
      if (path !== '/hang') res.end('alive');
    });
    const late = await fixture.call('camera', '/hang');
    assert.equal(late.kind === 'failed' && late.failure.code, 'device-timeout');
    assert.equal(bodyOf(await fixture.call('camera', '/')), 'alive');
    await device.close();
  } finally {
    await fixture.close();
  }
});

function bodyOf(outcome: Awaited<ReturnType<ProxyFixture['call']>>): string {
  assert.equal(outcome.kind, 'answer', JSON.stringify(outcome));
  return outcome.kind === 'answer' ? outcome.body : '';
}
