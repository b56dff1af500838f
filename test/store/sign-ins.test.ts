import assert from 'node:assert/strict';
import { openStore } from '../../src/store/open-store.js';
import type { ChangeSeq } from '../../src/store/ports/ids.js';
import { type TestLocation, testEach } from './locations.js';
import { cookieHash, newSignIn } from './sign-ins-contract.js';

const HOUR = 3_600_000;
const BEGIN = 1_700_000_000_000;

/** A store with a clock of the test, and a user. */
/** A test with a clock of its own, and a user. */
function testStore(
  what: string,
  body: (at: Awaited<ReturnType<typeof open>>) => Promise<void>,
  maxSpent = 1000,
): void {
  testEach(what, async (location) => {
    const at = await open(location, maxSpent);
    await body(at);
    await at.store.close();
  });
}

async function open({ location, rows }: TestLocation, maxSpent: number) {
  const clock = { now: BEGIN };
  const store = await openStore({ ...location, clock: () => clock.now, maxSpent });
  return { clock, store, rows, alice: await store.ensureUser('https://id.example', 'alice') };
}

testStore(
  'B2: beyond 100 sessions the one that was not used for longest ends',
  async ({ clock, store, alice }) => {
    const at = (over = {}) => ({ expiresAt: BEGIN + HOUR, idleMs: HOUR, ...over });
    const ids = [];
    for (let i = 0; i < 100; i += 1) {
      clock.now += 1;
      ids.push((await store.beginSignIn(alice, newSignIn(`s${i}`, at()))).signInId);
    }
    clock.now += 1;
    await store.touchSignIn(alice, ids[0]!);
    clock.now += 1;
    const before = await store.lastChange();
    const { ended } = await store.beginSignIn(alice, newSignIn('next', at()));
    assert.deepEqual(
      ended.map(({ signInId }) => signInId),
      [ids[1]],
    );
    assert.equal(await store.findSignIn(cookieHash('s1')), undefined);
    assert.equal((await store.findSignIn(cookieHash('s0')))?.signInId, ids[0]);
    assert.equal((await store.listSignIns(alice, { limit: 1000 })).items.length, 100);
    const { changes } = await store.changesSince(before, 10);
    assert.deepEqual(
      changes.map((change) => change.kind === 'sign-in-ended' && change.signInId),
      [ids[1]],
    );
  },
);

testStore(
  'attack 11: use moves the idle end, never beyond the absolute one; a clock that steps back moves nothing',
  async ({ clock, store, alice }) => {
    const given = newSignIn('a', { expiresAt: BEGIN + 3 * HOUR, idleMs: HOUR });
    const { signInId: id } = await store.beginSignIn(alice, given);
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
  },
);

testStore(
  'rows whose time is over are deleted, with their changes, and nothing that lives is',
  async ({ clock, store, alice, rows }) => {
    const living = newSignIn('living', { expiresAt: BEGIN + 9 * HOUR, idleMs: 9 * HOUR });
    await store.beginSignIn(alice, living);
    for (let i = 0; i < 30; i++) {
      await store.beginSignIn(alice, newSignIn(`s${i}`, { expiresAt: BEGIN + HOUR }));
      await store.spendState(cookieHash('b'), cookieHash(`p${i}`), BEGIN + HOUR);
    }
    clock.now += HOUR;
    for (let i = 0; i < 2; i++) {
      await store.beginSignIn(alice, newSignIn(`n${i}`, { expiresAt: BEGIN + 9 * HOUR }));
      await store.spendState(cookieHash('b'), cookieHash(`q${i}`), BEGIN + 9 * HOUR);
    }
    await store.sweep();
    assert.deepEqual([await rows('sign_ins'), await rows('spent_sign_ins')], [3, 2]);
    const { changes, last } = await store.changesSince(0 as ChangeSeq, 100);
    assert.deepEqual([changes.length, changes.every(({ kind }) => kind === 'sign-in-ended')], [30, true]);
    await store.sweep();
    assert.equal(await store.lastChange(), last);
    assert.ok(await store.findSignIn(living.cookie));
  },
);

testStore(
  'S11: at the bound of sign-ins that came back the oldest are forgotten, and the newest counts, once',
  async ({ clock, store, rows }) => {
    const spend = (name: string) => store.spendState(cookieHash('b'), cookieHash(name), clock.now + HOUR);
    for (let i = 0; i < 100; i++) {
      clock.now += 1;
      assert.equal(await spend(`s${i}`), true);
      assert.equal(await spend(`s${i}`), false);
      assert.ok((await rows('spent_sign_ins')) <= 50);
    }
  },
  50,
);
