import type { Changes } from '../store/ports/changes.js';
import type { SignInId } from '../store/ports/ids.js';

/** The sessions that ended; undefined: some may have, and nobody knows which. */
export function endedSignIns({ changes, missed }: Changes): ReadonlySet<SignInId> | undefined {
  if (missed) return undefined;
  return new Set(changes.flatMap((change) => (change.kind === 'sign-in-ended' ? [change.signInId] : [])));
}
