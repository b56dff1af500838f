// This file makes the list of all routes of the REST API from the parts of a process.
import type { Route } from '../route.js';
import { type AccountNeeds, accountRoutes } from './auth/account-routes.js';
import { type SignInNeeds, signInRoutes } from './auth/sign-in-routes.js';
import { deviceCallRoutes } from './device-calls/device-call-routes.js';
import type { DeviceCallNeeds } from './device-calls/device-request.js';
import { type DeviceNeeds, deviceRoutes } from './devices/device-routes.js';
import { docsRoutes } from './docs/docs-routes.js';
import { pageRoutes } from './page/page-routes.js';
import { type PairingNeeds, pairingRoutes } from './pairing/pairing-routes.js';
import { type ServiceNeeds, serviceRoutes } from './service/service-routes.js';
import { type TunnelSessionNeeds, tunnelSessionRoutes } from './tunnel-sessions/tunnel-session-routes.js';

/** The parts that all resources need; each resource declares its own beside its routes. */
export type RestNeeds = ServiceNeeds &
  SignInNeeds &
  AccountNeeds &
  PairingNeeds &
  TunnelSessionNeeds &
  DeviceNeeds &
  DeviceCallNeeds;

/**
 * Lists every route of the REST API (04-rest-api). Routing, the OpenAPI document and the tests that walk all routes use this
 * list, so that one line here serves, documents and tests a new resource. Making the list calls nothing in `needs`.
 */
export function restRoutes(needs: RestNeeds): readonly Route[] {
  const routes: readonly Route[] = [
    ...pageRoutes,
    ...serviceRoutes(needs),
    ...docsRoutes(() => routes),
    ...signInRoutes(needs),
    ...accountRoutes(needs),
    ...pairingRoutes(needs),
    ...tunnelSessionRoutes(needs),
    ...deviceRoutes(needs),
    ...deviceCallRoutes(needs),
  ];
  return routes;
}
