import type { Store } from '../ports/store.js';

/** The ports, without the end of them. */
export type Ports = Omit<Store, 'close'>;

/** The name of a call of the ports. */
export type CallName = keyof Ports;

/** What is to be known of a call that goes to another process. */
export interface CallPolicy {
  /**
   * Whether it may be made again when it is not known if the first was done: a read may, and a write whose repetition
   * changes nothing that anybody sees. When another fails so, its caller hears ERR_STORE_OUTCOME_UNKNOWN.
   */
  readonly repeat: 'again' | 'never';
  /** It writes nothing. */
  readonly reads?: true;
  /** It may write a change, which is told at once. */
  readonly changes?: true;
  /** What it answers may let somebody in: it is told before a change that was made after it. */
  readonly admits?: true;
}

const READ: CallPolicy = { repeat: 'again', reads: true };

/** Every call of the ports. */
export const CALL_POLICIES: Readonly<Record<CallName, CallPolicy>> = {
  ensureUser: { repeat: 'again' },
  findUser: READ,
  provision: { repeat: 'never' },
  listDevices: READ,
  findDevice: READ,
  revokeDevice: { repeat: 'never', changes: true },
  updateDevice: { repeat: 'never' },
  rotateCredential: { repeat: 'never', changes: true },
  deviceEvents: READ,
  recordOffline: { repeat: 'never' },
  listAllDevices: READ,
  ownerOf: READ,
  endAllSignIns: { repeat: 'again', changes: true },
  // To connect again only counts the epoch further, which nobody has seen.
  connect: { repeat: 'again', admits: true },
  activeCredentials: READ,
  isReplaced: READ,
  spendState: { repeat: 'never' },
  beginSignIn: { repeat: 'never', changes: true },
  findSignIn: { ...READ, admits: true },
  touchSignIn: { repeat: 'again' },
  claimRefresh: { repeat: 'never' },
  resealSignIn: { repeat: 'again', admits: true },
  listSignIns: READ,
  joinSessionKeys: { repeat: 'again' },
  endSignIn: { repeat: 'never', changes: true },
  addPairingToken: { repeat: 'never' },
  listPairingTokens: READ,
  revokePairingToken: { repeat: 'never' },
  findPairing: READ,
  // What was made before is good for nothing, and pruned.
  mintPending: { repeat: 'again' },
  completePairing: { repeat: 'never' },
  // Who takes one away needs it gone, by whichever of the two.
  revokeCredential: { repeat: 'again', changes: true },
  countAttempt: { repeat: 'never' },
  forgiveAttempt: { repeat: 'never' },
  // By its own id, which nobody else has.
  claimNode: { repeat: 'again' },
  renewNode: { repeat: 'again' },
  releaseNode: { repeat: 'again' },
  spentCredentials: READ,
  spentPairing: READ,
  audit: { repeat: 'never' },
  listAudit: READ,
  lastChange: READ,
  changesSince: READ,
};

export const CALL_NAMES = Object.keys(CALL_POLICIES) as CallName[];
