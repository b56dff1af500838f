import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreClient } from '../../src/store/client/store-client.js';
import { startStoreProcess } from '../../src/store/client/store-process.js';
import { openStore } from '../../src/store/open-store.js';
import type { StoreError } from '../../src/store/ports/errors.js';
import {
  type CookieHash,
  hashToken,
  type SignInId,
  type TokenHash,
  type UserId,
} from '../../src/store/ports/ids.js';
import type { PendingDevice } from '../../src/store/ports/pairing.js';
import type { Store } from '../../src/store/ports/store.js';
import { admit } from '../support/admit.js';
import { sized } from '../support/sized.js';
import { audit } from './audit.js';
import { withTempDir } from './temp-dir.js';

const WRITES = sized(300, 1_000);
const KILLS = sized(15, 500);
/** Of each kind. */
const WRITERS = 4;
/** The longest that a process may write before it is killed, in ms: a few commits. */
const LIFE_MS = 100;
const HOUR = 3_600_000;

const secretHash = () => hashToken(randomBytes(32).toString('hex'));

/** What was acknowledged. */
class Acknowledged {
  writes = 0;
  readonly begun = new Map<CookieHash, SignInId>();
  readonly ended = new Set<CookieHash>();
  readonly paired: { owner: UserId; pending: PendingDevice; token: TokenHash }[] = [];

  /** Signs in, and ends every other session. */
  async signIn(store: Store, owner: UserId, number: number): Promise<void> {
    const cookie = secretHash() as string as CookieHash;
    const signIn = { cookie, sealed: 'sealed', expiresAt: Date.now() + HOUR, idleMs: HOUR };
    const { signInId: id } = await store.beginSignIn(owner, signIn);
    this.writes += 1;
    if (number % 2 === 0) {
      this.begun.set(cookie, id);
      return;
    }
    assert.notEqual(await store.endSignIn(owner, id), undefined);
    this.writes += 1;
    this.ended.add(cookie);
  }

  /** Makes a pairing token and exchanges it. */
  async pair(store: Store, owner: UserId): Promise<void> {
    const token = secretHash();
    const id = await store.addPairingToken(owner, { hash: token, expiresAt: Date.now() + HOUR });
    this.writes += 1;
    const pending = await store.mintPending(owner, id, { name: 'cam' });
    this.writes += 1;
    assert.equal(await store.completePairing(owner, id, pending.credentialId), true);
    this.writes += 1;
    this.paired.push({ owner, pending, token });
  }

  /** Asserts that it is all there. */
  async check(store: Store): Promise<void> {
    for (const [cookie, id] of this.begun) assert.equal((await store.findSignIn(cookie))?.signInId, id);
    for (const cookie of this.ended) assert.equal(await store.findSignIn(cookie), undefined);
    for (const { owner, pending, token } of this.paired) {
      const admission = await admit(store, pending.sessionToken);
      assert.deepEqual([admission?.deviceId, admission?.userId], [pending.deviceId, owner]);
      assert.equal(await store.findPairing(token), undefined, 'a used token may be used again');
    }
  }
}

test(`of ${WRITES} sign-ins, pairing tokens and exchanges none is lost when the store's process is killed again and again`, () =>
  withTempDir(async (dataDir) => {
    const location = { dataDir };
    const client = new StoreClient();
    let host = await startStoreProcess(client, location);
    let restarted: Promise<unknown> = Promise.resolve();
    let over = false;
    let inDoubt = 0;
    const acknowledged = new Acknowledged();
    const write = async (body: (number: number) => Promise<void>) => {
      for (let number = 0; !over; number += 1) {
        try {
          await body(number);
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          assert.match((error as StoreError).code, /^ERR_STORE_(UNAVAILABLE|OUTCOME_UNKNOWN)$/);
          inDoubt += 1;
          await restarted;
        }
      }
    };
    // Each write for a user of its own: of sessions and of codes, also those whose answer was lost, a user may have so many.
    const somebody = () => client.ensureUser('https://id.example', randomUUID());
    const writers = Promise.all(
      Array.from({ length: WRITERS }).flatMap(() => [
        write(async (number) => acknowledged.signIn(client, await somebody(), number)),
        write(async () => acknowledged.pair(client, await somebody())),
      ]),
    );
    try {
      for (let kills = 0; kills < KILLS || acknowledged.writes < WRITES; kills += 1) {
        await delay(Math.random() * LIFE_MS);
        const { exited } = host;
        host.kill('test');
        const next = exited.then(() => startStoreProcess(client, location));
        restarted = next;
        host = await next;
      }
    } finally {
      over = true;
      await writers;
      await client.close();
      await host.stop(5_000);
    }
    assert.ok(inDoubt > 0, 'a kill met a write');
    const store = await openStore(location);
    await acknowledged.check(store);
    await store.close();
    await audit(dataDir, [], 1);
  }));
