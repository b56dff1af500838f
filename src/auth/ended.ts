import type { SignInId } from '../store/ids.js';

/** What of the store's feed tells of sessions. */
export interface SignInChanges {
  readonly changes: readonly { readonly kind: string; readonly signInId?: SignInId }[];
  readonly missed: boolean;
}

/** The sessions that ended; undefined among them: some may have, and nobody knows which. */
export function endedSignIns({ changes, missed }: SignInChanges): (SignInId | undefined)[] {
  if (missed) return [undefined];
  return changes.filter(({ kind }) => kind === 'sign-in-ended').map(({ signInId }) => signInId);
}
