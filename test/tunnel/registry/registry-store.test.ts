import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TunnelKey } from '../../../src/contract/tunnel-key.js';
import { SLICE } from '../../../src/tunnel/registry/session-registry.js';
import { sessionStoreContract } from '../../contract/session-store.js';
import { SessionFixture } from '../session/main/fixtures.js';

sessionStoreContract('RegistryStore', async () => {
  const fixture = new SessionFixture();
  const tunnels = new Map<TunnelKey, Awaited<ReturnType<SessionFixture['connect']>>>();
  return {
    store: fixture.store,
    connect: async (device) => {
      const tunnel = await fixture.connect(device);
      tunnels.set(tunnel.token, tunnel);
      return tunnel.token;
    },
    expire: () => {
      fixture.now += 91_000;
    },
    disconnect: async (token) => {
      const session = tunnels.get(token)!.session;
      session.disconnected();
      await fixture.store.unregister(token, session);
    },
    close: () => fixture.close(),
  };
});

const fixtureTest = (
  name: string,
  body: (fixture: SessionFixture, t: TestContext) => Promise<void>,
): void => {
  test(name, async (t) => {
    const fixture = new SessionFixture();
    try {
      await body(fixture, t);
    } finally {
      await fixture.close();
    }
  });
};

fixtureTest(
  'register replaces the session of a token and closes the old one as replaced',
  async (fixture) => {
    const old = await fixture.connect('camera', 1);
    const next = await fixture.connect('camera', 2);
    assert.equal(await fixture.store.lookup(next.token), next.session);
    assert.equal(old.session.isClosed(), true);
    assert.deepEqual(old.actor.kinds(), ['close']);
    old.actor.owner.message({ kind: 'ended', reason: 'normal', detail: '' });
    assert.equal(old.socket.closedWith, 'replaced');
  },
);

fixtureTest('a rotated credential replaces the session of the same device', async (fixture) => {
  const old = await fixture.connect('camera', 1, 'old token');
  const next = await fixture.connect('camera', 2, 'new token');
  assert.equal(old.session.isClosed(), true);
  assert.equal(await fixture.store.exists(old.token), false);
  assert.equal(await fixture.store.lookup(next.token), next.session);
});

fixtureTest(
  'a registration of an older epoch that comes late closes itself and changes nothing',
  async (fixture) => {
    const late = fixture.tunnel('camera', 1);
    const current = await fixture.connect('camera', 2);
    await fixture.store.register(late.token, late.session);
    assert.equal(late.session.isClosed(), true);
    assert.equal(current.session.isClosed(), false);
    assert.equal(await fixture.store.lookup(current.token), current.session);
  },
);

fixtureTest("an old connection's late close does not remove the new session", async (fixture) => {
  const old = await fixture.connect('camera', 1);
  const next = await fixture.connect('camera', 2);
  old.session.disconnected();
  await fixture.store.unregister(old.token, old.session);
  assert.equal(await fixture.store.lookup(next.token), next.session);
  assert.equal((await fixture.store.list()).length, 1);
});

fixtureTest(
  'unregister without a handle removes whatever is registered, and is a no-op otherwise',
  async (fixture) => {
    const tunnel = await fixture.connect('camera');
    await fixture.store.unregister(tunnel.token);
    await fixture.store.unregister(tunnel.token);
    assert.equal(await fixture.store.exists(tunnel.token), false);
  },
);

fixtureTest('a session that closed before it was registered is not registered', async (fixture) => {
  const tunnel = fixture.tunnel('camera');
  tunnel.session.disconnected();
  await fixture.store.register(tunnel.token, tunnel.session);
  assert.equal(await fixture.store.exists(tunnel.token), false);
});

fixtureTest('heartbeat revives a session, and is ERR_SESSION_NOT_FOUND for others', async (fixture) => {
  const tunnel = await fixture.connect('camera');
  fixture.now += 91_000;
  await assert.rejects(fixture.store.lookup(tunnel.token), { code: 'ERR_SESSION_EXPIRED' });
  await fixture.store.heartbeat(tunnel.token);
  assert.equal(await fixture.store.lookup(tunnel.token), tunnel.session);
  await fixture.store.unregister(tunnel.token);
  await assert.rejects(fixture.store.heartbeat(tunnel.token), { code: 'ERR_SESSION_NOT_FOUND' });
});

fixtureTest('cleanupExpired closes and removes exactly the expired, and says how many', async (fixture) => {
  const silent = [await fixture.connect('a'), await fixture.connect('b')];
  fixture.now += 60_000;
  const alive = await fixture.connect('c');
  alive.session.recordHeartbeat(new Date());
  fixture.now += 31_000;
  assert.equal(await fixture.store.cleanupExpired(90_000), 2);
  assert.ok(silent.every((tunnel) => tunnel.session.isClosed()));
  assert.equal(alive.session.isClosed(), false);
  assert.equal(await fixture.store.cleanupExpired(90_000), 0);
});

fixtureTest(
  'thousands of sessions are listed, and closed, with turns of others in between',
  async (fixture) => {
    const all = 2 * SLICE + 1;
    for (let i = 0; i < all; i++) await fixture.connect(`device ${i}`);
    /** Turns of the event loop until `work` is done. */
    const turnsOf = async (work: Promise<unknown>) => {
      let [turns, done] = [0, false];
      const ended = work.finally(() => {
        done = true;
      });
      while (!done) {
        await nextTurn();
        turns += 1;
      }
      await ended;
      return turns;
    };
    const list = fixture.store.list();
    assert.ok((await turnsOf(list)) > 2);
    assert.equal(new Set((await list).map(({ deviceId }) => deviceId)).size, all);
    fixture.now += 91_000;
    const cleanup = fixture.store.cleanupExpired(90_000);
    assert.ok((await turnsOf(cleanup)) > 2);
    assert.equal(await cleanup, all);
    assert.deepEqual(await fixture.store.list(), []);
  },
);

fixtureTest(
  'a revoke closes the tunnel of the device, and only of the credential that it names',
  async (fixture) => {
    const { session } = await fixture.connect('camera', 1, 'current');
    const { deviceId, credentialId } = session.identity;
    fixture.registry.tell({ kind: 'revoke', deviceId, credentialId: 'another' as typeof credentialId });
    assert.equal((await fixture.store.list()).length, 1);
    fixture.registry.tell({ kind: 'revoke', deviceId, credentialId: undefined });
    assert.equal((await fixture.store.list()).length, 0);
    assert.equal(session.isClosed(), true);
  },
);

fixtureTest('a wall clock that is set, forward or back, expires nobody', async (fixture, t) => {
  const tunnel = await fixture.connect('camera');
  for (const at of [Date.now() + 86_400_000, 0]) {
    const clock = t.mock.method(Date, 'now', () => at);
    assert.equal(await fixture.store.cleanupExpired(90_000), 0);
    assert.equal(await fixture.store.lookup(tunnel.token), tunnel.session);
    clock.mock.restore();
  }
});
