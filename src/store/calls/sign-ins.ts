// These calls keep users, their sign-in sessions, and the ids of the keys that sign their cookies.
import type { Transaction } from '../engine/engine.js';
import type { Requester } from '../ports/audit.js';
import type { SignInId, UserId } from '../ports/ids.js';
import type { CookieKeyPort, UserPort } from '../ports/sign-ins.js';
import { PENDING_MS, type SignInPort } from '../ports/sign-ins.js';
import { checkCount, checkUserKey } from '../ports/validate.js';
import type { EndedSignIn } from '../tables/sign-ins.js';
import type { StoreContext } from './context.js';

/** The calls about sign-in sessions. */
export function signInCalls(context: StoreContext): SignInPort {
  const { engine, clock, signIns, spentSignIns, changes, audit } = context;

  const ended = (by: Requester | undefined, target: SignInId) =>
    ({ ...by, action: 'sign-in.ended', target, result: 'done' }) as const;

  /** Ends a session, and writes the change that tells all processes. */
  function* end(owner: UserId, signIn: SignInId, by?: Requester): Transaction<EndedSignIn | undefined> {
    const now = clock();
    const session = yield* signIns.end(owner, signIn, now);
    if (session === undefined) return undefined;
    if (session.alive) yield* audit.add(owner, ended(by, signIn), now);
    yield* changes.append(owner, 'sign-in-ended', signIn, now);
    return session;
  }

  return {
    isReplaced: (browser) => engine.read(() => spentSignIns.isSpent(browser)),

    spendState: (browser, stateHash, expiresAt) =>
      engine.write(function* () {
        const now = clock();
        if (expiresAt <= now || (yield* spentSignIns.isSpent(browser))) return false;
        return yield* spentSignIns.spend(stateHash, expiresAt, now);
      }),

    beginSignIn: (owner, signIn, replaces, by) =>
      engine.write(function* () {
        const now = clock();
        const replaced = replaces && (yield* signIns.endOfCookie(replaces, now));
        if (replaces !== undefined) yield* spentSignIns.spend(replaces, now + PENDING_MS, now);
        const signInId = yield* signIns.begin(owner, signIn, now);
        const surplus = yield* signIns.endSurplus(owner, now);
        const ending = replaced ? [replaced, ...surplus] : surplus;
        for (const old of ending) yield* audit.add(old.owner, ended(by, old.signIn.signInId), now);
        const { remoteAddr } = signIn;
        const from = { ...(remoteAddr !== undefined && { remoteAddr }), ...by };
        yield* audit.add(owner, { ...from, action: 'sign-in.begun', target: signInId, result: 'done' }, now);
        for (const old of ending) yield* changes.append(old.owner, 'sign-in-ended', old.signIn.signInId, now);
        return { signInId, ended: ending.map(({ signIn }) => signIn) };
      }),

    async findSignIn(cookie) {
      const found = await engine.read(() => signIns.find(cookie));
      if (found === undefined || found.endsAt > clock()) return found?.signIn;
      // A session that was over once is ended for good, even if the clock steps back; its change closes the connections that it
      // opened.
      const { userId, signInId } = found.signIn;
      await engine.write(() => end(userId, signInId));
      return undefined;
    },

    touchSignIn: (owner, signIn) => engine.write(() => signIns.touch(owner, signIn, clock())),

    claimRefresh: (owner, signIn, forMs) =>
      engine.write(function* () {
        const now = clock();
        return yield* signIns.claim(owner, signIn, now, now + forMs);
      }),

    resealSignIn: (owner, signIn, sealed) =>
      engine.write(() => signIns.reseal(owner, signIn, sealed, clock())),

    async listSignIns(owner, page) {
      checkCount('sign-ins a page', page.limit);
      return engine.read(() => signIns.list(owner, page, clock()));
    },

    async endSignIn(owner, signIn, by) {
      const session = await engine.write(() => end(owner, signIn, by));
      return session?.alive ? session.signIn : undefined;
    },
  };
}

/** The calls about users. */
export function userCalls({ engine, clock, users }: StoreContext): UserPort {
  return {
    async ensureUser(issuer, subject) {
      checkUserKey(issuer, subject);
      return engine.write(() => users.ensure(issuer, subject, clock()));
    },

    findUser: (issuer, subject) => engine.read(() => users.find(issuer, subject)),
  };
}

/** The calls about the keys that sign cookies. */
export function cookieKeyCalls({
  engine,
  clock,
  cookieKeys,
  signIns,
  changes,
  audit,
}: StoreContext): CookieKeyPort {
  /** Ends some sessions; when none is left, forgets the keys' ids. @returns how many sessions it ended */
  function* endSome(by: Requester): Transaction<number> {
    const now = clock();
    const some = yield* signIns.prune(Number.MAX_SAFE_INTEGER);
    for (const { owner, id } of some) {
      yield* audit.add(owner, { ...by, action: 'sign-in.ended', target: id, result: 'done' }, now);
      yield* changes.append(owner, 'sign-in-ended', id, now);
    }
    if (some.length === 0) yield* cookieKeys.forget();
    return some.length;
  }

  return {
    joinCookieKeys: (kids) => engine.write(() => cookieKeys.join(kids)),

    async endAllSignIns(by) {
      let count = 0;
      let some: number;
      do {
        some = await engine.write(() => endSome(by));
        count += some;
      } while (some > 0);
      return count;
    },
  };
}
