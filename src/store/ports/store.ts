// A store is all ports together; its state says what cannot be done now.
import type { AdmissionPort, RefusalPort } from './admission.js';
import type { AttemptPort } from './attempts.js';
import type { AuditPort } from './audit.js';
import type { ChangePort } from './changes.js';
import type { DeviceCarePort, DeviceEventPort, DevicePort, OperatorPort } from './devices.js';
import type { StoreErrorCode } from './errors.js';
import type { NodePort } from './nodes.js';
import type { PairingPort } from './pairing.js';
import type { SessionKeyPort, SignInPort, UserPort } from './sign-ins.js';

/** The durable data of the product. A write that was acknowledged survives the end of the process and power loss. */
export interface Store
  extends UserPort,
    DevicePort,
    DeviceCarePort,
    DeviceEventPort,
    OperatorPort,
    AdmissionPort,
    SignInPort,
    SessionKeyPort,
    PairingPort,
    AuditPort,
    NodePort,
    RefusalPort,
    AttemptPort,
    ChangePort {
  /** Finishes what was asked before. Later calls reject with ERR_STORE_CLOSED. */
  close(): Promise<void>;
}

/** A store in this process. It has no timer of its own: its owner calls `sweep` over and over. */
export interface TimedStore extends Store {
  /**
   * Ends sign-ins whose time is over, with their changes, so that what they hold open is closed; revokes credentials whose week
   * beside a newer one is over; deletes devices and credentials that were revoked long ago. Does some of each at a time.
   */
  sweep(): Promise<void>;
  /** Writes next to nothing, to find out whether the store takes writes now. */
  tryWrite(): Promise<void>;
}

/** Why reads, or writes, cannot be done now. */
export interface StoreFault {
  readonly code: StoreErrorCode;
  /** One sentence for the operator. */
  readonly message: string;
}

/** What cannot be done with the data now; absent: it can. */
export interface StoreState {
  readonly reads?: StoreFault;
  readonly writes?: StoreFault;
}

/** Whether two states allow the same. */
export function sameState(one: StoreState, other: StoreState): boolean {
  return one.reads?.code === other.reads?.code && one.writes?.code === other.writes?.code;
}
