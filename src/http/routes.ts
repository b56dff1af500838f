import { webRoutes } from '../web/web-routes.js';
import { authRoutes } from './auth-routes.js';
import { deviceCallRoutes } from './device-call-routes.js';
import { deviceCareRoutes } from './device-care-routes.js';
import { deviceRoutes } from './device-routes.js';
import { docsRoutes } from './docs-routes.js';
import { pairingExchangeRoute } from './pairing-exchange-route.js';
import { pairingRoutes } from './pairing-routes.js';
import type { Route } from './route.js';
import { serviceRoutes } from './service-routes.js';
import { sessionRoutes } from './session-routes.js';
import { signInSessionRoutes } from './sign-in-session-routes.js';

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
