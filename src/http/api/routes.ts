import type { Route } from '../route.js';
import { authRoutes } from './auth/auth-routes.js';
import { signInSessionRoutes } from './auth/sign-in-session-routes.js';
import { deviceCallRoutes } from './device-calls/device-call-routes.js';
import { deviceCareRoutes } from './devices/device-admin-routes.js';
import { deviceRoutes } from './devices/device-routes.js';
import { docsRoutes } from './docs/docs-routes.js';
import { webRoutes } from './page/page-routes.js';
import { pairingExchangeRoute } from './pairing/pairing-exchange-route.js';
import { pairingRoutes } from './pairing/pairing-routes.js';
import { serviceRoutes } from './service/service-routes.js';
import { sessionRoutes } from './tunnel-sessions/tunnel-session-routes.js';

/**
 * Every route of the REST API (04-rest-api): routing, the OpenAPI document and the tests that walk all routes come from
 * here.
 */
export const ROUTES: readonly Route[] = [
  ...webRoutes,
  ...serviceRoutes,
  ...docsRoutes(() => ROUTES),
  ...authRoutes,
  ...signInSessionRoutes,
  pairingExchangeRoute,
  ...pairingRoutes,
  ...sessionRoutes,
  ...deviceRoutes,
  ...deviceCareRoutes,
  ...deviceCallRoutes,
];
