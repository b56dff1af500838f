import type { Accounts } from '../auth/auth.js';
import type { Pairing } from '../auth/pairing.js';
import type { DeviceCarePort } from '../store/ports/devices.js';
import type { PairingPort } from '../store/ports/pairing.js';
import type { DevicePort } from '../store/ports.js';
import type { UserSessions } from '../tunnel/session/user-sessions.js';
import type { DeviceServices } from './device-services.js';
import { ProblemError } from './problem-error.js';
import type { Readiness } from './readiness.js';

/** The part of the store that the REST API uses. */
export type RestStore = DeviceCarePort & Pick<DevicePort, 'findDevice' | 'listDevices' | 'revokeDevice'>;

/** What handlers work with. */
export interface RouteServices extends DeviceServices {
  readonly store: RestStore;
  /** Undefined: the store does not keep it. */
  readonly registry: PairingPort | undefined;
  readonly sessions: UserSessions;
  readonly readiness: Readiness;
  /** Undefined: nobody can sign in. */
  readonly accounts: Accounts | undefined;
  /** Undefined: the store does not keep it. */
  readonly pairing: Pairing | undefined;
  /** What devices are told to dial. */
  readonly tunnelUrl: URL;
}

/** @throws ProblemError `not-supported` */
export function registryOf({ registry }: RouteServices): PairingPort {
  return kept(registry);
}

/** @throws ProblemError `not-supported` */
export function pairingOf({ pairing }: RouteServices): Pairing {
  return kept(pairing);
}

function kept<T>(what: T | undefined): T {
  if (what !== undefined) return what;
  throw new ProblemError('not-supported', { detail: 'the store does not keep it yet' });
}
