// Store is all ports together; StoreState says whether its reads and writes work now.
import type { AdmissionPort, RefusalPort } from './admission.js';
import type { AttemptPort } from './attempts.js';
import type { AuditPort } from './audit.js';
import type { ChangePort } from './changes.js';
import type { DeviceAdminPort, DeviceEventPort, DevicePort, OperatorPort } from './devices.js';
import type { StoreErrorCode } from './errors.js';
import type { NodePort } from './nodes.js';
import type { PairingPort } from './pairing.js';
import type { CookieKeyPort, SignInPort, UserPort } from './sign-ins.js';

/** The durable data of the product. An acknowledged write survives the end of the process and power loss. */
export interface Store
  extends UserPort,
    DevicePort,
    DeviceAdminPort,
    DeviceEventPort,
    OperatorPort,
    AdmissionPort,
    SignInPort,
    CookieKeyPort,
    PairingPort,
    AuditPort,
    NodePort,
    RefusalPort,
    AttemptPort,
    ChangePort {
  /** Finishes earlier calls. Later calls reject with ERR_STORE_CLOSED. */
  close(): Promise<void>;
}

/** A store in this process. It has no timer: its owner calls `sweep` over and over. */
export interface TimedStore extends Store {
  /**
   * Ends sign-ins whose time is over, with their changes, so that their connections are closed; revokes credentials whose week
   * beside a newer one is over; deletes devices and credentials that were revoked long ago. Each call does some of each.
   */
  sweep(): Promise<void>;
  /** Writes a small row, to find out whether the store takes writes now. */
  tryWrite(): Promise<void>;
}

/** Why reads, or writes, do not work now. */
export interface StoreFault {
  readonly code: StoreErrorCode;
  /** One sentence for the operator. */
  readonly message: string;
}

/** Whether reads and writes work now: an absent fault says that they do. */
export interface StoreState {
  readonly reads?: StoreFault;
  readonly writes?: StoreFault;
}

/** Whether two states have the same faults, by their codes. */
export function sameState(one: StoreState, other: StoreState): boolean {
  return one.reads?.code === other.reads?.code && one.writes?.code === other.writes?.code;
}
