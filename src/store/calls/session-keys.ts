import type { Transaction } from '../engine/query.js';
import type { Requester } from '../ports/audit.js';
import type { SessionKeyPort } from '../ports/session-keys.js';
import type { StoreContext } from './context.js';

export function sessionKeyCalls({
  engine,
  clock,
  sessionKeys,
  signIns,
  changes,
  audit,
}: StoreContext): SessionKeyPort {
  /** How many: with the last of them the keys. */
  function* endSome(by: Requester): Transaction<number> {
    const now = clock();
    const some = yield* signIns.prune(Number.MAX_SAFE_INTEGER);
    for (const { owner, id } of some) {
      yield* audit.add(owner, { ...by, action: 'sign-in.ended', target: id, result: 'done' }, now);
      yield* changes.append(owner, 'sign-in-ended', id, now);
    }
    if (some.length === 0) yield* sessionKeys.forget();
    return some.length;
  }

  return {
    joinSessionKeys: (kids) => engine.write(() => sessionKeys.join(kids)),

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
