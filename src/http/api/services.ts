import type { RefusalAudit } from '../../audit/refusal-audit.js';
import type { SignInServices } from '../../auth/auth.js';
import type { UserSessions } from '../../contract/session.js';
import type { Pairing } from '../../devices/pairing.js';
import type { Metrics } from '../../observability/metrics.js';
import type { Readiness } from '../../server/readiness.js';
import type { AttemptPort } from '../../store/ports/attempts.js';
import type { Changes } from '../../store/ports/changes.js';
import type { DeviceCarePort, DevicePort } from '../../store/ports/devices.js';
import type { PairingPort } from '../../store/ports/pairing.js';
import type { WriteAllowance } from '../write-allowance.js';
import type { DeviceServices } from './device-calls/device-services.js';

/** The part of the store that the REST API uses. */
export type RestStore = AttemptPort &
  DeviceCarePort &
  PairingPort &
  Pick<DevicePort, 'findDevice' | 'listDevices' | 'revokeDevice'> & {
    onChanges(listener: (changes: Changes) => void): () => void;
  };

/** Where what is refused is written down. */
export type Refusals = Pick<RefusalAudit, 'record' | 'pairing'>;

/** What handlers work with. */
export interface RouteServices extends DeviceServices {
  readonly store: RestStore;
  readonly sessions: UserSessions;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly refusals: Refusals;
  /** Undefined: nobody can sign in. */
  readonly accounts: SignInServices | undefined;
  readonly pairing: Pairing;
  readonly writes: WriteAllowance;
  /** What devices are told to dial. */
  readonly tunnelUrl: URL;
}
