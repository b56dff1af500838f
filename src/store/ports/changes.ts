import type { ChangeSeq, CredentialId, DeviceId, SignInId, UserId } from './ids.js';

interface AnyChange {
  readonly seq: ChangeSeq;
  readonly at: number;
}

/** A device may not connect any more, or not with one credential. */
export interface DeviceChange extends AnyChange {
  readonly kind: 'device-revoked' | 'credential-revoked';
  readonly deviceId: DeviceId;
  /** Present where only this credential is concerned. */
  readonly credentialId?: CredentialId;
}

/** A browser is not signed in any more. */
export interface SignInChange extends AnyChange {
  readonly kind: 'sign-in-ended';
  readonly signInId: SignInId;
  readonly userId: UserId;
}

/** Something that a running process must learn, whichever process did it. */
export type Change = DeviceChange | SignInChange;

export interface Changes {
  readonly changes: readonly Change[];
  /** What to ask after next time. */
  readonly last: ChangeSeq;
  /** Changes after the one asked for are no longer kept: check what you hold with `activeCredentials`. */
  readonly missed: boolean;
}

/** The feed of changes, in the order of their commits. Only the newest are kept. */
export interface ChangePort {
  lastChange(): Promise<ChangeSeq>;
  /** Up to `limit` (1 to 1,000) changes after `seq`; costs next to nothing when there are none. */
  changesSince(seq: ChangeSeq, limit: number): Promise<Changes>;
}
