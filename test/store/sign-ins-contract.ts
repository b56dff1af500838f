import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe } from 'node:test';
import type { CookieHash, SignInId } from '../../src/store/ids.js';
import type { NewSignIn, PendingSignIn } from '../../src/store/ports/sign-ins.js';
import type { Store } from '../../src/store/ports.js';
import type { Subject } from './contract.js';
import { withTwoUsers } from './with-two-users.js';

const HOUR = 3_600_000;

export function cookieHash(name: string): CookieHash {
  return createHash('sha256').update(name).digest('hex') as CookieHash;
}

export function newSignIn(name: string, over: Partial<NewSignIn> = {}): NewSignIn {
  const sealed = `sealed for ${name}`;
  return { cookie: cookieHash(name), sealed, expiresAt: Date.now() + HOUR, idleMs: HOUR, ...over };
}

export function pending(name: string, expiresAt = Date.now() + HOUR): PendingSignIn {
  return { stateHash: cookieHash(name), sealed: `sealed for ${name}`, expiresAt };
}

/** What every implementation of SignInPort must do. `open` gives a store with empty data and a wall clock. */
export function signInContract(name: string, open: () => Promise<Subject>): void {
  const check = withTwoUsers(open);
  const kept = async (store: Store, browser: string, states: readonly string[]) => {
    const found: string[] = [];
    for (const state of states) {
      if ((await store.takePendingSignIn(cookieHash(browser), cookieHash(state))) !== undefined)
        found.push(state);
    }
    return found;
  };

  describe(`${name}: pending sign-ins`, () => {
    check('are answered once, to their browser, before they expire', async (store) => {
      await store.addPendingSignIn(cookieHash('b'), pending('s'));
      await store.addPendingSignIn(cookieHash('b'), pending('late', Date.now() - 1));
      assert.deepEqual(await kept(store, 'other', ['s']), []);
      assert.deepEqual(await kept(store, 'b', ['none', 'late']), []);
      assert.equal(await store.takePendingSignIn(cookieHash('b'), cookieHash('s')), 'sealed for s');
      assert.deepEqual(await kept(store, 'b', ['s']), []);
    });

    check('end with the id of their browser, when that is replaced by a session', async (store, alice) => {
      await store.addPendingSignIn(cookieHash('old'), pending('s'));
      await store.addPendingSignIn(cookieHash('other'), pending('s'));
      await store.beginSignIn(alice, newSignIn('new'), cookieHash('old'));
      assert.deepEqual(await kept(store, 'old', ['s']), []);
      assert.deepEqual(await kept(store, 'other', ['s']), ['s']);
    });

    check('many at once get it once', async (store) => {
      await store.addPendingSignIn(cookieHash('b'), pending('s'));
      const take = () => store.takePendingSignIn(cookieHash('b'), cookieHash('s'));
      const taken = await Promise.all(Array.from({ length: 50 }, take));
      assert.equal(taken.filter((sealed) => sealed !== undefined).length, 1);
    });

    check('of six of one browser the oldest goes, and none of another', async (store) => {
      await store.addPendingSignIn(cookieHash('other'), pending('x'));
      const states = ['1', '2', '3', '4', '5', '6'];
      for (const state of states) {
        assert.equal(await store.addPendingSignIn(cookieHash('b'), pending(state)), 'added');
      }
      assert.deepEqual(await kept(store, 'b', states), states.slice(1));
      assert.deepEqual(await kept(store, 'other', ['x']), ['x']);
    });
  });

  describe(`${name}: sign-ins`, () => {
    check('are found by their cookie, with what was given', async (store, alice) => {
      const before = Date.now();
      const given = newSignIn('a', { userAgent: 'x', remoteAddr: '::1' });
      const { signInId } = await store.beginSignIn(alice, given);
      const found = await store.findSignIn(given.cookie);
      assert.ok(found && found.createdAt >= before && found.createdAt <= Date.now());
      const { cookie: _, ...rest } = given;
      const { createdAt } = found;
      assert.deepEqual(found, {
        ...rest,
        signInId,
        userId: alice,
        createdAt,
        lastUsedAt: createdAt,
        claimedUntil: 0,
      });
      assert.equal(await store.findSignIn(cookieHash('none')), undefined);
    });

    check('are over when they are idle too long or at their end', async (store, alice) => {
      for (const over of [{ idleMs: 0 }, { expiresAt: Date.now() }]) {
        const given = newSignIn(JSON.stringify(over), over);
        const { signInId: id } = await store.beginSignIn(alice, given);
        assert.equal(await store.findSignIn(given.cookie), undefined);
        assert.equal(await store.resealSignIn(alice, id, 'x'), false);
        assert.equal(await store.claimRefresh(alice, id, 1000), false);
        assert.equal(await store.endSignIn(alice, id), undefined);
      }
      assert.deepEqual(await store.listSignIns(alice, { limit: 10 }), { items: [] });
    });

    check(
      'are listed to their owner, oldest first, in parts, without what is sealed',
      async (store, alice, bob) => {
        const ids: SignInId[] = [];
        for (const each of ['1', '2', '3']) {
          ids.push((await store.beginSignIn(alice, newSignIn(each))).signInId);
        }
        await store.beginSignIn(bob, newSignIn('b'));
        const first = await store.listSignIns(alice, { limit: 2 });
        assert.equal(first.next, ids[1]);
        const second = await store.listSignIns(alice, { limit: 2, after: first.next as SignInId });
        const items = [...first.items, ...second.items];
        assert.deepEqual(
          items.map(({ signInId }) => signInId),
          ids,
        );
        assert.equal(second.next, undefined);
        assert.doesNotMatch(JSON.stringify(items), /sealed|cookie/);
      },
    );

    check('are ended by their owner only, once, with one change', async (store, alice, bob) => {
      const given = newSignIn('a');
      const { signInId: id } = await store.beginSignIn(alice, given);
      const before = await store.lastChange();
      assert.equal(await store.endSignIn(bob, id), undefined);
      assert.notEqual(await store.findSignIn(given.cookie), undefined);
      const { cookie, sealed } = given;
      assert.deepEqual(await store.endSignIn(alice, id), { signInId: id, cookie, sealed });
      assert.equal(await store.endSignIn(alice, id), undefined);
      assert.equal(await store.findSignIn(given.cookie), undefined);
      const { changes } = await store.changesSince(before, 10);
      assert.deepEqual(
        changes.map(({ at: _, ...change }) => change),
        [{ seq: before + 1, kind: 'sign-in-ended', signInId: id, userId: alice }],
      );
    });

    check(
      'replace the one before, whosever it was, with a change; one that is not there is no matter',
      async (store, alice, bob) => {
        const old = newSignIn('old');
        const { signInId: oldId } = await store.beginSignIn(alice, old);
        const before = await store.lastChange();
        const next = newSignIn('next');
        const { ended } = await store.beginSignIn(bob, next, old.cookie);
        assert.deepEqual(ended, [{ signInId: oldId, cookie: old.cookie, sealed: old.sealed }]);
        assert.equal(await store.findSignIn(old.cookie), undefined);
        assert.equal((await store.findSignIn(next.cookie))?.userId, bob);
        const { changes } = await store.changesSince(before, 10);
        assert.deepEqual(
          changes.map((change) => change.kind === 'sign-in-ended' && [change.signInId, change.userId]),
          [[oldId, alice]],
        );
        const third = await store.beginSignIn(bob, newSignIn('third'), old.cookie);
        assert.deepEqual(third.ended, []);
        assert.equal((await store.changesSince(before, 10)).changes.length, 1);
      },
    );

    check('keep new tokens, for their owner only', async (store, alice, bob) => {
      const given = newSignIn('a');
      const { signInId: id } = await store.beginSignIn(alice, given);
      assert.equal(await store.resealSignIn(bob, id, 'stolen'), false);
      assert.equal(await store.resealSignIn(alice, id, 'new'), true);
      assert.equal((await store.findSignIn(given.cookie))?.sealed, 'new');
    });

    check(
      'are claimed for a refresh by one of many, and again when its time is over',
      async (store, alice, bob) => {
        const { signInId: id } = await store.beginSignIn(alice, newSignIn('a'));
        assert.equal(await store.claimRefresh(bob, id, HOUR), false);
        assert.equal(await store.claimRefresh(alice, id, 0), true);
        const before = Date.now();
        const claims = await Promise.all(
          Array.from({ length: 20 }, () => store.claimRefresh(alice, id, HOUR)),
        );
        assert.equal(claims.filter((claimed) => claimed).length, 1);
        const { claimedUntil = 0 } = (await store.findSignIn(cookieHash('a'))) ?? {};
        assert.ok(claimedUntil > before + HOUR - 1 && claimedUntil <= Date.now() + HOUR);
      },
    );

    check('a use is written, and for the owner only', async (store, alice, bob) => {
      const given = newSignIn('a');
      const { signInId: id } = await store.beginSignIn(alice, given);
      const before = (await store.findSignIn(given.cookie))?.lastUsedAt ?? 0;
      // Until the clock has gone on by a millisecond.
      while ((await store.findSignIn(given.cookie))?.lastUsedAt === before)
        await store.touchSignIn(alice, id);
      const used = (await store.findSignIn(given.cookie))?.lastUsedAt ?? 0;
      assert.ok(used > before && used <= Date.now());
      await store.touchSignIn(bob, id);
      assert.equal((await store.findSignIn(given.cookie))?.lastUsedAt, used);
    });
  });
}
