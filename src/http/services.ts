import type { Accounts } from '../auth/auth.js';
import type { DevicePort } from '../store/ports.js';
import type { UserSessions } from '../tunnel/session/user-sessions.js';
import type { DeviceServices } from './device-services.js';
import type { Readiness } from './readiness.js';

/** The part of the store that the REST API uses. */
export type RestStore = Pick<DevicePort, 'findDevice' | 'listDevices' | 'revokeDevice'>;

/** What handlers work with. */
export interface RouteServices extends DeviceServices {
  readonly store: RestStore;
  readonly sessions: UserSessions;
  readonly readiness: Readiness;
  /** Undefined: nobody can sign in. */
  readonly accounts: Accounts | undefined;
}
