// ChangePort is the feed of changes: it tells every running process of revocations and ended sign-ins, by any process.
import type { ChangeSeq, CredentialId, DeviceId, SignInId, UserId } from './ids.js';

interface AnyChange {
  readonly seq: ChangeSeq;
  readonly at: number;
}

/** The change that a device may not connect any more, or not with one of its credentials. */
export interface DeviceChange extends AnyChange {
  readonly kind: 'device-revoked' | 'credential-revoked';
  readonly deviceId: DeviceId;
  /** The credential that was revoked; absent: the whole device was revoked. */
  readonly credentialId?: CredentialId;
}

/** The change that a sign-in session has ended. */
export interface SignInChange extends AnyChange {
  readonly kind: 'sign-in-ended';
  readonly signInId: SignInId;
  readonly userId: UserId;
}

/** A change that every running process must learn, whichever process made it. `at`: milliseconds since 1970. */
export type Change = DeviceChange | SignInChange;

/** A part of the feed. */
export interface Changes {
  readonly changes: readonly Change[];
  /** The newest change that was looked at: the next `changesSince` begins after it. */
  readonly last: ChangeSeq;
  /** Some changes before these are no longer kept: the reader checks what it holds with `activeCredentials`. */
  readonly missed: boolean;
}

/** The feed of changes, in the order of their commits. Only the newest changes are kept. */
export interface ChangePort {
  /** The number of the newest change; 0: there was none yet. */
  lastChange(): Promise<ChangeSeq>;
  /** Up to `limit` (1 to 1,000) changes after `seq`. The call costs next to nothing where there are none. */
  changesSince(seq: ChangeSeq, limit: number): Promise<Changes>;
}
