import type { DeviceServices } from './device-services.js';
import type { Readiness } from './readiness.js';

/** What handlers work with. */
export interface RouteServices extends DeviceServices {
  readonly readiness: Readiness;
}
