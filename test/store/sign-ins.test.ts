import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChangeSeq } from '../../src/store/ids.js';
import { openStore } from '../../src/store/open-store.js';
import { openDatabase } from '../../src/store/sqlite.js';
import { cookieHash, newSignIn, pending } from './sign-ins-contract.js';
import { withTempDir } from './temp-dir.js';

const HOUR = 3_600_000;
const BEGIN = 1_700_000_000_000;

/** A store with a clock of the test, and a user. */
function withStore(body: (at: Awaited<ReturnType<typeof open>>) => Promise<void>, maxPending?: number) {
  return withTempDir(async (dataDir) => {
    const at = await open(dataDir, maxPending);
    await body(at);
    await at.store.close();
  });
}

async function open(dataDir: string, maxPending = 1000) {
  const clock = { now: BEGIN };
  const store = await openStore({ dataDir, clock: () => clock.now, maxPending });
  return { clock, store, dataDir, alice: await store.ensureUser('https://id.example', 'alice') };
}

test('attack 11: use moves the idle end, never beyond the absolute one; a clock that steps back moves nothing', () =>
  withStore(async ({ clock, store, alice }) => {
    const given = newSignIn('a', { expiresAt: BEGIN + 3 * HOUR, idleMs: HOUR });
    const id = await store.beginSignIn(alice, given);
    const lives = async () => (await store.findSignIn(given.cookie)) !== undefined;
    clock.now += HOUR - 1;
    assert.ok(await lives());
    await store.touchSignIn(alice, id);
    clock.now -= HOUR / 2;
    await store.touchSignIn(alice, id);
    assert.equal((await store.findSignIn(given.cookie))?.lastUsedAt, BEGIN + HOUR - 1);
    clock.now = BEGIN + 2 * HOUR - 2;
    assert.ok(await lives());
    await store.touchSignIn(alice, id);
    clock.now = BEGIN + 3 * HOUR - 3;
    await store.touchSignIn(alice, id);
    clock.now = BEGIN + 3 * HOUR - 1;
    assert.ok(await lives());
    clock.now += 1;
    assert.ok(!(await lives()));
    // Its use comes too late, and a clock that steps back does not bring it to life.
    await store.touchSignIn(alice, id);
    clock.now -= HOUR;
    assert.ok(!(await lives()));
    const { changes } = await store.changesSince(0 as ChangeSeq, 10);
    assert.deepEqual(
      changes.map(({ kind }) => kind),
      ['sign-in-ended'],
    );
  }));

test('rows whose time is over are deleted, with their changes, and nothing that lives is', () =>
  withStore(async ({ clock, store, alice, dataDir }) => {
    const rows = async (table: string) => {
      const db = await openDatabase(dataDir);
      const { count } = db.prepare(`SELECT count(*) AS count FROM ${table}`).get() as { count: number };
      db.close();
      return count;
    };
    const living = newSignIn('living', { expiresAt: BEGIN + 9 * HOUR, idleMs: 9 * HOUR });
    await store.beginSignIn(alice, living);
    for (let i = 0; i < 30; i++) {
      await store.beginSignIn(alice, newSignIn(`s${i}`, { expiresAt: BEGIN + HOUR }));
      await store.addPendingSignIn(cookieHash(`b${i}`), pending(`p${i}`, BEGIN + HOUR));
    }
    clock.now += HOUR;
    for (let i = 0; i < 2; i++) {
      await store.beginSignIn(alice, newSignIn(`n${i}`, { expiresAt: BEGIN + 9 * HOUR }));
      await store.addPendingSignIn(cookieHash(`c${i}`), pending(`q${i}`, BEGIN + 9 * HOUR));
    }
    await store.endOverdue();
    assert.deepEqual([await rows('sign_ins'), await rows('pending_sign_ins')], [3, 2]);
    const { changes, last } = await store.changesSince(0 as ChangeSeq, 100);
    assert.deepEqual([changes.length, changes.every(({ kind }) => kind === 'sign-in-ended')], [30, true]);
    await store.endOverdue();
    assert.equal(await store.lastChange(), last);
    assert.ok(await store.findSignIn(living.cookie));
  }));

test('the bound for everybody: newcomers are refused, nobody is dropped, and what expired makes room', () =>
  withStore(async ({ clock, store }) => {
    const add = (name: string) =>
      store.addPendingSignIn(cookieHash(`browser ${name}`), pending(name, clock.now + HOUR));
    assert.deepEqual(
      [await add('1'), await add('2'), await add('3'), await add('4')],
      ['added', 'added', 'added', 'full'],
    );
    assert.equal(await store.takePendingSignIn(cookieHash('browser 1'), cookieHash('1')), 'sealed for 1');
    assert.equal(await add('5'), 'added');
    assert.equal(await add('6'), 'full');
    clock.now += HOUR;
    assert.equal(await add('7'), 'added');
  }, 3));
