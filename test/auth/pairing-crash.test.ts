import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Host } from '../../src/actors/host.js';
import type { Pairing, PairingOutcome } from '../../src/devices/pairing.js';
import { StoreClient } from '../../src/store/client/store-client.js';
import { startStoreProcess } from '../../src/store/client/store-process.js';
import type { AttemptPort } from '../../src/store/ports/attempts.js';
import type { UserId } from '../../src/store/ports/ids.js';
import type { PairingPort } from '../../src/store/ports/pairing.js';
import { openDatabase } from '../../src/store/sqlite/sqlite.js';
import { logCapture } from '../agent/log-capture.js';
import { withTempDir } from '../store/temp-dir.js';
import { admit } from '../support/admit.js';
import { pairingOver } from '../support/pairing-over.js';

const DEVICE = { name: 'edge-7', model: 'Jetson' };
const UNLIMITED = { points: 1_000_000, windowSeconds: 60 };

/** A store in a process of its own, which can be killed and comes back. */
class RealStore {
  readonly client = new StoreClient();
  readonly #dataDir: string;
  #host: Promise<Host>;

  private constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.#host = startStoreProcess(this.client, { dataDir });
  }

  static async start(dataDir: string): Promise<RealStore> {
    const store = new RealStore(dataDir);
    await store.#host;
    return store;
  }

  /** SIGKILL; resolves when the next process is there, as its supervisor would start it. */
  async kill(): Promise<void> {
    const host = await this.#host;
    host.kill('test');
    await host.exited;
    this.#host = startStoreProcess(this.client, { dataDir: this.#dataDir });
    await this.#host;
  }

  /** Session tokens that open a tunnel, by what is on the disk. */
  async usable(): Promise<number> {
    return this.#count(
      `SELECT count(*) AS count FROM device_credentials c JOIN devices d ON d.id = c.device_id
       WHERE c.revoked_at IS NULL AND d.revoked_at IS NULL`,
    );
  }

  async pending(): Promise<number> {
    return this.#count('SELECT count(*) AS count FROM pending_devices');
  }

  async stop(): Promise<void> {
    await this.client.close();
    await (await this.#host).stop(5_000);
  }

  async #count(sql: string): Promise<number> {
    const db = await openDatabase(this.#dataDir);
    try {
      return (db.prepare(sql).get() as { count: number }).count;
    } finally {
      db.close();
    }
  }
}

function withStore(body: (store: RealStore, alice: UserId) => Promise<void>): Promise<void> {
  return withTempDir(async (dataDir) => {
    const store = await RealStore.start(dataDir);
    try {
      await body(store, await store.client.ensureUser('https://id.example', 'alice'));
    } finally {
      await store.stop();
    }
  });
}

const unlimitedOver = (store: PairingPort & AttemptPort) => pairingOver(store, logCapture().log, UNLIMITED);

type Step = 'findPairing' | 'mintPending' | 'completePairing';
type Moment = 'before' | 'during' | 'after';

/** The store, whose process is killed at one step of the first exchange. */
function killedAt(store: RealStore, step: Step, moment: Moment): PairingPort & AttemptPort {
  let killed: Promise<void> | undefined;
  const kill = () => {
    killed ??= store.kill();
    return killed;
  };
  return new Proxy(store.client, {
    get(client, name) {
      const method: unknown = Reflect.get(client, name, client);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        if (name !== step || killed !== undefined) return method.apply(client, args);
        if (moment === 'before') await kill();
        const call = method.apply(client, args);
        if (moment === 'during') await Promise.allSettled([kill(), call]);
        const result = await call;
        if (moment === 'after') await kill();
        return result;
      };
    },
  });
}

const STEPS: readonly Step[] = ['findPairing', 'mintPending', 'completePairing'];
const MOMENTS: readonly Moment[] = ['before', 'during', 'after'];

for (const step of STEPS) {
  for (const moment of MOMENTS) {
    test(`attack 43: the store is killed ${moment} ${step}: at most one session token works, and somebody has it`, () =>
      withStore(async (store, alice) => {
        const { code } = await unlimitedOver(store.client).mint(alice);
        const attempt = (pairing: Pairing): Promise<PairingOutcome | 'failed'> =>
          pairing.exchange({ token: code, device: DEVICE, remoteAddr: '192.0.2.1' }).catch((error) => {
            assert.equal(
              error.code,
              step === 'completePairing' ? 'ERR_STORE_OUTCOME_UNKNOWN' : 'ERR_STORE_UNAVAILABLE',
            );
            return 'failed' as const;
          });
        const first = await attempt(unlimitedOver(killedAt(store, step, moment)));
        const outcomes = [first];
        assert.equal(await store.usable(), first !== 'failed' && first.kind === 'paired' ? 1 : 0);

        outcomes.push(await attempt(unlimitedOver(store.client)), await attempt(unlimitedOver(store.client)));
        const paired = outcomes
          .filter((outcome) => outcome !== 'failed')
          .filter(({ kind }) => kind === 'paired');
        assert.ok(paired.length <= 1);
        assert.equal(await store.usable(), paired.length);
        for (const outcome of paired) {
          assert.ok(outcome.kind === 'paired');
          const admission = await admit(store.client, outcome.sessionToken);
          assert.equal(admission?.deviceId, outcome.deviceId);
        }
        if (paired.length === 1) assert.equal(await store.pending(), 0);
      }));
  }
}

for (const [after, steps] of [
  ['the mint', 1],
  ['the mark', 2],
] as const) {
  test(`attack 43: whoever exchanged is gone after ${after}: the owner loses nothing but that attempt`, () =>
    withStore(async (store, alice) => {
      const pairing = unlimitedOver(store.client);
      const { code, tokenId } = await pairing.mint(alice);
      const { credentialId, sessionToken } = await store.client.mintPending(alice, tokenId, DEVICE);
      if (steps === 2) assert.ok(await store.client.completePairing(alice, tokenId, credentialId));
      await store.kill();
      const connects = async () => (await admit(store.client, sessionToken)) !== undefined;
      // Marked: the token is in memory that is gone; the device is in the owner's list, to be deleted.
      assert.equal(await connects(), steps === 2);
      const again = await pairing.exchange({ token: code, device: DEVICE, remoteAddr: '192.0.2.1' });
      assert.equal(again.kind, steps === 2 ? 'refused' : 'paired');
      assert.equal(await store.usable(), 1);
      assert.equal(await store.pending(), 0);
      const { items } = await store.client.listDevices(alice, { limit: 10 });
      assert.equal(items.length, 1);
      if (steps === 1) assert.equal(await connects(), false);
    }));
}

test('attack 41: 100 exchanges of one code at once, over a real store: one success, one token that works', () =>
  withStore(async (store, alice) => {
    const pairing = unlimitedOver(store.client);
    const { code, token } = await pairing.mint(alice);
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        pairing.exchange({ token: i % 2 ? code : token, device: DEVICE, remoteAddr: `192.0.2.${i}` }),
      ),
    );
    assert.equal(outcomes.filter(({ kind }) => kind === 'paired').length, 1);
    assert.equal(outcomes.filter(({ kind }) => kind === 'refused').length, 99);
    assert.equal(await store.usable(), 1);
    assert.equal(await store.pending(), 0);
    assert.equal((await store.client.listDevices(alice, { limit: 1000 })).items.length, 1);
  }));
