// The SessionStore contract is a suite that each implementation runs.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { SessionStore } from '../../src/contract/session.js';
import type { TunnelKey } from '../../src/contract/tunnel-key.js';
import { tunnelKey } from '../../src/contract/tunnel-key.js';

/** What the suite needs of an implementation under test. */
export interface StoreUnderTest {
  readonly store: SessionStore;
  /** Makes a live session of a device, as a device that dials does. */
  connect(device: string): Promise<TunnelKey>;
  /** Lets the session's last heartbeat be longer ago than the idle timeout. */
  expire(token: TunnelKey): void;
  /** The device's connection ends. */
  disconnect(token: TunnelKey): Promise<void>;
  close(): Promise<void>;
}

const UNKNOWN = tunnelKey('a token that nobody has');

/** The suite (02-tunnel.md §2.4). */
export function sessionStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  const it = (what: string, body: (it: StoreUnderTest, t: TestContext) => Promise<void>): void => {
    test(`${name}: ${what}`, async (t) => {
      const under = await open();
      try {
        await body(under, t);
      } finally {
        await under.close();
      }
    });
  };

  it('lookup of a token without a session is ERR_SESSION_NOT_FOUND', async ({ store }) => {
    await assert.rejects(store.lookup(UNKNOWN), { code: 'ERR_SESSION_NOT_FOUND' });
  });

  it('exists is false, not an error, for a token without a session', async ({ store }) => {
    assert.equal(await store.exists(UNKNOWN), false);
  });

  it('a session that connected is found, exists and is listed', async ({ store, connect }) => {
    const token = await connect('camera');
    const handle = await store.lookup(token);
    assert.equal(handle.isClosed(), false);
    assert.equal(handle.summary().token, token);
    assert.equal(await store.exists(token), true);
    assert.deepEqual(
      (await store.list()).map((summary) => summary.token),
      [token],
    );
  });

  it('a summary says whose session it is, since when, and when it was heard', async ({ store, connect }) => {
    const before = Date.now();
    const summary = (await store.lookup(await connect('camera'))).summary();
    assert.equal(summary.deviceId, 'camera');
    assert.equal(summary.userId, 'user');
    assert.equal(summary.epoch, 1);
    assert.ok(summary.connectedAt.getTime() >= before && summary.connectedAt.getTime() <= Date.now());
    assert.ok(summary.lastHeartbeat.getTime() >= before);
    assert.ok(Object.isFrozen(summary));
  });

  it('a session whose last heartbeat is too old is ERR_SESSION_EXPIRED', async ({
    store,
    connect,
    expire,
  }) => {
    const token = await connect('camera');
    expire(token);
    await assert.rejects(store.lookup(token), { code: 'ERR_SESSION_EXPIRED' });
  });

  it('a session that disconnected is gone', async ({ store, connect, disconnect }) => {
    const token = await connect('camera');
    await disconnect(token);
    await assert.rejects(store.lookup(token), { code: 'ERR_SESSION_NOT_FOUND' });
    assert.equal(await store.exists(token), false);
    assert.deepEqual(await store.list(), []);
  });

  it('closing a handle ends the session', async ({ store, connect }) => {
    const token = await connect('camera');
    await (await store.lookup(token)).close();
    assert.equal(await store.exists(token), false);
  });
}
