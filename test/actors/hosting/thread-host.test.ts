import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ThreadHosts } from '../../../src/actors/hosting/thread-host.js';
import { echo } from '../echo-kind.js';
import { Inbox } from '../inbox.js';

const module = new URL('../echo-module.js', import.meta.url);
const hosts = new ThreadHosts(2);
after(() => hosts.close());

test('hosts share the threads of their pool; one too many is refused; the thread of one that ended is free', async () => {
  const [a, b] = await Promise.all(['a', 'b'].map((name) => hosts.start({ name, module })));
  await assert.rejects(hosts.start({ name: 'c', module }), {
    code: 'HOST_START_FAILED',
    message: /all threads/,
  });
  a?.kill('to make room');
  await a?.exited;
  const c = await hosts.start({ name: 'c', module });
  assert.equal(await c.spawn(echo, null, new Inbox<string>()).ask('double', 1, 5000), 2);
  await Promise.all([b?.stop(5000), c.stop(5000)]);
});

test('closing the pool ends the hosts in it', async () => {
  const pool = new ThreadHosts(1);
  const host = await pool.start({ name: 'a', module });
  const owner = new Inbox<string>();
  host.spawn(echo, null, owner);
  await pool.close();
  assert.equal((await host.exited).kind, 'crashed');
  assert.equal((await owner.exit).kind, 'host-down');
});

test('counts messages and batches of both directions, actors and loop delay', async () => {
  const host = await hosts.start({ name: 'counted', module, liveness: { periodMs: 20, timeoutMs: 60_000 } });
  const owner = new Inbox<string>();
  const ref = host.spawn(echo, null, owner);
  const before = host.stats();
  for (let i = 0; i < 10; i++) ref.tell('x'.repeat(1000));
  await owner.until(10);
  const after = host.stats();
  assert.ok(after.sentMessages - before.sentMessages >= 10);
  assert.ok(after.sentBatches > before.sentBatches);
  assert.ok(after.receivedMessages - before.receivedMessages >= 10);
  assert.ok(after.receivedBatches > before.receivedBatches);
  assert.equal(after.actors, 1);
  assert.ok(after.loopDelayMean >= 0 && after.loopDelayMax >= after.loopDelayMean);
  await host.stop(5000);
  assert.equal(host.stats().actors, 0);
});
