// CALL_POLICIES says how the client and the process of the store treat each call, such as whether it may be made again.
import type { Store } from '../ports/store.js';

/** The calls of all ports: a store without `close`, as the client and the process each have their own. */
export type Ports = Omit<Store, 'close'>;

/** The name of a call of the ports. */
export type CallName = keyof Ports;

/**
 * How the store's client and the store's process treat a call. An empty policy: the call is a write that may be done only once.
 */
export interface CallPolicy {
  /**
   * The call may be made again when nobody knows whether the first one was done: it reads, or it is a write whose repetition
   * changes nothing that anybody sees. If another call fails so, its caller gets ERR_STORE_OUTCOME_UNKNOWN.
   */
  readonly retrySafe?: true;
  /** The call writes nothing. */
  readonly reads?: true;
  /** The call may add to the feed of changes, at which the store's process then looks at once. */
  readonly changes?: true;
  /**
   * The call's answer may let a device or a user in. The store's process answers the call before it reports later changes, so
   * that a revocation never overtakes the admission that it revokes.
   */
  readonly admits?: true;
}

const READ: CallPolicy = { retrySafe: true, reads: true };

/** The policy of a write that would take effect twice if it were repeated. */
const ONCE: CallPolicy = {};

/** The policy of every call of the ports. */
export const CALL_POLICIES: Readonly<Record<CallName, CallPolicy>> = {
  ensureUser: { retrySafe: true },
  findUser: READ,
  provision: ONCE,
  listDevices: READ,
  findDevice: READ,
  revokeDevice: { ...ONCE, changes: true },
  updateDevice: ONCE,
  rotateCredential: { ...ONCE, changes: true },
  deviceEvents: READ,
  recordOffline: ONCE,
  listAllDevices: READ,
  ownerOf: READ,
  endAllSignIns: { retrySafe: true, changes: true },
  // A second `connect` only counts the device's epoch further, and nobody has seen the epoch of the first.
  connect: { retrySafe: true, admits: true },
  activeCredentials: READ,
  isReplaced: READ,
  spendState: ONCE,
  beginSignIn: { ...ONCE, changes: true },
  findSignIn: { ...READ, admits: true },
  touchSignIn: { retrySafe: true },
  claimRefresh: ONCE,
  resealSignIn: { retrySafe: true, admits: true },
  listSignIns: READ,
  joinCookieKeys: { retrySafe: true },
  endSignIn: { ...ONCE, changes: true },
  addPairingToken: ONCE,
  listPairingTokens: READ,
  revokePairingToken: ONCE,
  findPairing: READ,
  // A pending device whose token nobody received is not valid, and is deleted later.
  mintPending: { retrySafe: true },
  completePairing: ONCE,
  // The caller needs the credential revoked; it does not matter which of the two calls does it.
  revokeCredential: { retrySafe: true, changes: true },
  countAttempt: ONCE,
  forgiveAttempt: ONCE,
  // A node claims, renews and releases by its own id, which no other node has.
  claimNode: { retrySafe: true },
  renewNode: { retrySafe: true },
  releaseNode: { retrySafe: true },
  spentCredentials: READ,
  spentPairing: READ,
  audit: ONCE,
  listAudit: READ,
  lastChange: READ,
  changesSince: READ,
};

/** The names of all calls of the ports. */
export const CALL_NAMES = Object.keys(CALL_POLICIES) as CallName[];
