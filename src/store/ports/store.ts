import type { AdmissionPort, RefusalPort } from './admission.js';
import type { AttemptPort } from './attempts.js';
import type { AuditPort } from './audit.js';
import type { ChangePort } from './changes.js';
import type { DeviceCarePort, DeviceEventPort, DevicePort, OperatorPort } from './devices.js';
import type { NodePort } from './nodes.js';
import type { PairingPort } from './pairing.js';
import type { SessionKeyPort, SignInPort, UserPort } from './sign-ins.js';

/** Durable data. A write that was acknowledged survives the end of the process and power loss. */
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

/** A store in this process, which has no clock that wakes it: whoever opened it does that, over and over. */
export interface TimedStore extends Store {
  /**
   * Ends sign-ins whose time is over, with their changes: what they hold open is to be closed. Drops the rows of devices that
   * were revoked long ago, and of their credentials. Some at a time.
   */
  sweep(): Promise<void>;
  /** Writes next to nothing: whether anything can be written now. */
  tryWrite(): Promise<void>;
}
