// CookieKeyTable holds the ids of the keys that sign cookies.
import { one, run, type Transaction } from '../engine/engine.js';
import type { Joining } from '../ports/sign-ins.js';

/** Separates the ids of keys; no id contains it. */
const SEPARATOR = ' ';

/** The table of key ids. Its one row has the ids of the keys of the process that started last, its signing key first. */
export class CookieKeyTable {
  *join(kids: readonly string[]): Transaction<Joining> {
    yield* run("INSERT INTO session_keys (id, kids) VALUES ('last', '') ON CONFLICT (id) DO NOTHING");
    // The row is locked from here on: of processes that start at once, each sees the keys of those before it.
    yield* run("UPDATE session_keys SET kids = kids WHERE id = 'last'");
    const row = yield* one<{ kids: string }>("SELECT kids FROM session_keys WHERE id = 'last'");
    const joining = joiningOf(kids, row?.kids.split(SEPARATOR) ?? []);
    if (joining !== 'foreign')
      yield* run("UPDATE session_keys SET kids = ? WHERE id = 'last'", kids.join(SEPARATOR));
    return joining;
  }

  /** Deletes the row, so that any process may start next. */
  *forget(): Transaction<void> {
    yield* run('DELETE FROM session_keys');
  }
}

function joiningOf(own: readonly string[], [signs = '', ...verifies]: readonly string[]): Joining {
  if (signs === '' || own.includes(signs)) return 'joined';
  return verifies.includes(own[0] ?? '') ? 'behind' : 'foreign';
}
