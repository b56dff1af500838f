// The store's client may make these calls, each of which has a policy for its way.
import type { Store } from '../ports/store.js';

/** The calls of all ports: a store without its `close`, which is each side's own. */
export type Ports = Omit<Store, 'close'>;

/** The name of a call of the ports. */
export type CallName = keyof Ports;

/** How the store's client and the store's process treat a call; nothing, where a call is a write that may be done only once. */
export interface CallPolicy {
  /**
   * The call may be made again when nobody knows whether the first was done: it reads, or it is a write whose repetition
   * changes nothing that anybody sees. Where another call fails so, its caller hears ERR_STORE_OUTCOME_UNKNOWN.
   */
  readonly retrySafe?: true;
  /** The call writes nothing. */
  readonly reads?: true;
  /** The call may add to the feed of changes, at which the store's process then looks at once. */
  readonly changes?: true;
  /**
   * The call's answer may let a device or a user in. The store's process answers it before it reports a change that was made
   * after it, so that a revocation never overtakes the admission that it revokes.
   */
  readonly admits?: true;
}

const READ: CallPolicy = { retrySafe: true, reads: true };

/** A write that another one like it would do a second time. */
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
  // A second `connect` only counts the device's epoch further, and nobody has seen the first one's.
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
  joinSessionKeys: { retrySafe: true },
  endSignIn: { ...ONCE, changes: true },
  addPairingToken: ONCE,
  listPairingTokens: READ,
  revokePairingToken: ONCE,
  findPairing: READ,
  // A pending device that nobody was told of is good for nothing, and is pruned.
  mintPending: { retrySafe: true },
  completePairing: ONCE,
  // The caller needs the credential gone: it does not matter by which of the two calls.
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

export const CALL_NAMES = Object.keys(CALL_POLICIES) as CallName[];
