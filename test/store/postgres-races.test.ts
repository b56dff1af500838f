import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { openStore } from '../../src/store/open-store.js';
import { hashToken, type UserId } from '../../src/store/ports/ids.js';
import { MAX_LIVE_PAIRING_TOKENS } from '../../src/store/ports/pairing.js';
import type { Store } from '../../src/store/ports/store.js';
import { admit } from '../support/admit.js';
import { NO_POSTGRES, sql, TestSchema } from '../support/postgres.js';
import { newToken } from './pairing-contract.js';

const dataDir = '/nonexistent';

// Under READ COMMITTED a statement that waits for a lock goes on with what it saw before: what lost a race must look again.

describe('PostgreSQL: what is in the middle of another transaction', { skip: NO_POSTGRES }, () => {
  let schema: TestSchema;
  let store: Store;
  let alice: UserId;
  before(async () => {
    schema = await TestSchema.create();
    store = await openStore({ dataDir, databaseUrl: schema.url });
    alice = await store.ensureUser('https://id.example', 'alice');
  });
  after(async () => {
    await store.close();
    await schema.drop();
  });

  /** Runs `statements` as another process, and commits them once `call` waits for one of their locks. */
  async function during<T>(statements: readonly string[], call: () => Promise<T>): Promise<T> {
    const other = new pg.Client(schema.url);
    await other.connect();
    try {
      await other.query('BEGIN');
      for (const statement of statements) await other.query(statement);
      const [{ pid } = { pid: 0 }] = (await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid'))
        .rows;
      const called = call();
      const blocked = `SELECT pid FROM pg_stat_activity WHERE ${pid} = ANY (pg_blocking_pids(pid))`;
      while ((await sql(blocked)).length === 0);
      await other.query('COMMIT');
      return await called;
    } finally {
      await other.end();
    }
  }

  async function addDevice() {
    const [device] = await store.provision(alice, ['cam']);
    assert.ok(device !== undefined);
    return device;
  }

  async function mint() {
    const token = newToken();
    const tokenId = await store.addPairingToken(alice, token);
    const minted = await store.mintPending(alice, tokenId, { name: 'cam' });
    return { tokenId, ...minted, complete: () => store.completePairing(alice, tokenId, minted.credentialId) };
  }

  test('a device whose credential is being rotated does not connect with the old one', async () => {
    const { deviceId, sessionToken } = await addDevice();
    const connected = await during(
      [
        `UPDATE devices SET epoch = epoch WHERE id = '${deviceId}'`,
        `UPDATE device_credentials SET revoked_at = 1 WHERE device_id = '${deviceId}'`,
      ],
      () => admit(store, sessionToken),
    );
    assert.equal(connected, undefined);
  });

  test('a device that is being revoked does not connect', async () => {
    const { deviceId, sessionToken } = await addDevice();
    const connected = await during([`UPDATE devices SET revoked_at = 1 WHERE id = '${deviceId}'`], () =>
      admit(store, sessionToken),
    );
    assert.equal(connected, undefined);
  });

  test('a device that is being revoked has no credential rotated', async () => {
    const { deviceId } = await addDevice();
    const rotated = await during([`UPDATE devices SET revoked_at = 1 WHERE id = '${deviceId}'`], () =>
      store.rotateCredential(alice, deviceId),
    );
    assert.equal(rotated, undefined);
  });

  for (const [what, statement] of [
    ['used', 'UPDATE pairing_tokens SET used_at = 1 WHERE id ='],
    ['revoked', 'UPDATE pairing_tokens SET revoked_at = 1 WHERE id ='],
    ['forgotten', 'DELETE FROM pairing_tokens WHERE id ='],
  ] as const) {
    test(`a pairing token that is being ${what} pairs nothing`, async () => {
      const { tokenId, sessionToken, complete } = await mint();
      assert.equal(await during([`${statement} '${tokenId}'`], complete), false);
      assert.equal(await admit(store, sessionToken), undefined);
    });
  }

  test('a pending credential that is being pruned pairs nothing, and its token is still good', async () => {
    const { tokenId, credentialId, sessionToken, complete } = await mint();
    const dropped = `DELETE FROM pending_devices WHERE credential_id = '${credentialId}'`;
    assert.equal(await during([dropped], complete), false);
    assert.equal(await admit(store, sessionToken), undefined);
    const again = await store.mintPending(alice, tokenId, { name: 'cam' });
    assert.equal(await store.completePairing(alice, tokenId, again.credentialId), true);
  });

  test('a session that is being ended is neither claimed nor sealed anew', async () => {
    const ended = async (call: 'claimRefresh' | 'resealSignIn') => {
      const cookie = hashToken(call) as string as Parameters<Store['findSignIn']>[0];
      const later = Date.now() + 60_000;
      const { signInId: id } = await store.beginSignIn(alice, {
        cookie,
        sealed: 'x',
        expiresAt: later,
        idleMs: 60_000,
      });
      return during([`DELETE FROM sign_ins WHERE id = '${id}'`], () =>
        call === 'claimRefresh'
          ? store.claimRefresh(alice, id, 1_000)
          : store.resealSignIn(alice, id, 'sealed anew'),
      );
    };
    assert.deepEqual([await ended('claimRefresh'), await ended('resealSignIn')], [false, false]);
  });

  test('two processes make pairing tokens of one user at once: as many are good as a user may have', async () => {
    const other = await openStore({ dataDir, databaseUrl: schema.url });
    const bob = await store.ensureUser('https://id.example', 'bob');
    const tokens = Array.from({ length: 2 * MAX_LIVE_PAIRING_TOKENS }, () => newToken());
    const made = await Promise.allSettled(
      tokens.map((token, i) => (i % 2 ? other : store).addPairingToken(bob, token)),
    );
    for (const each of made) {
      if (each.status === 'rejected') assert.equal(each.reason.code, 'ERR_STORE_LIMIT');
    }
    const offers = await Promise.all(tokens.map(({ hash }) => store.findPairing(hash)));
    assert.equal(offers.filter((offer) => offer !== undefined).length, MAX_LIVE_PAIRING_TOKENS);
    await other.close();
  });
});
