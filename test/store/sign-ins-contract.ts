// This suite says what every store must do about sign-ins.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe } from 'node:test';
import type { CookieHash, SignInId } from '../../src/store/ports/ids.js';
import type { NewSignIn } from '../../src/store/ports/sign-ins.js';
import type { Store } from '../../src/store/ports/store.js';
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

/** What every implementation of SignInPort must do. `open` gives a store with empty data and a wall clock. */
export function signInContract(name: string, open: () => Promise<Subject>): void {
  const check = withTwoUsers(open);
  const spend = (store: Store, browser: string, state: string, expiresAt = Date.now() + HOUR) =>
    store.spendState(cookieHash(browser), cookieHash(state), expiresAt);

  describe(`${name}: sign-ins that come back from the provider`, () => {
    check('count once, whoever brings them, and before they expire', async (store) => {
      assert.equal(await spend(store, 'b', 's'), true);
      assert.equal(await spend(store, 'b', 's'), false);
      assert.equal(await spend(store, 'other', 's'), false);
      assert.equal(await spend(store, 'b', 'another'), true);
      assert.equal(await spend(store, 'b', 'late', Date.now() - 1), false);
    });

    check(
      'end with the cookie of their browser, when that is replaced by a session',
      async (store, alice) => {
        assert.equal(await store.isReplaced(cookieHash('old')), false);
        await store.beginSignIn(alice, newSignIn('new'), cookieHash('old'));
        assert.equal(await store.isReplaced(cookieHash('old')), true);
        assert.equal(await store.isReplaced(cookieHash('new')), false);
        assert.equal(await spend(store, 'old', 's'), false);
        assert.equal(await spend(store, 'other', 's'), true);
      },
    );

    check('many at once count once', async (store) => {
      const spent = await Promise.all(Array.from({ length: 50 }, () => spend(store, 'b', 's')));
      assert.equal(spent.filter((first) => first).length, 1);
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
