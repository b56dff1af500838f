import { DeviceBridge } from './device-bridge.js';
import { DeviceCall } from './device-call.js';
import type { DeviceServices } from './device-services.js';
import type { Exchange } from './exchange.js';
import type { Readiness } from './readiness.js';
import type { Route } from './route.js';

/** What the routes are made of. */
export interface RouteServices extends DeviceServices {
  readonly readiness: Readiness;
}

/** Every route of the REST API: routing, the 401 test and whatever else lists routes come from here (04-rest-api). */
export function routeTable(services: RouteServices): readonly Route[] {
  return [
    {
      path: '/api/health',
      methods: ['GET'],
      access: 'public',
      maxBody: 0,
      answer: (exchange) => exchange.json({ status: 'up' }),
    },
    {
      path: '/api/ready',
      methods: ['GET'],
      access: 'public',
      maxBody: 0,
      answer: (exchange) => {
        exchange.suspend();
        void answerReady(exchange, services.readiness);
      },
    },
    {
      path: '/api/devices/{deviceId}/proxy/{path…}',
      methods: 'ANY',
      access: 'user',
      maxBody: undefined,
      begin: (exchange, req) => new DeviceCall(services, exchange, req),
      upgrade: (exchange, req, context) => new DeviceBridge(services, exchange, req, context),
    },
  ];
}

async function answerReady(exchange: Exchange, readiness: Readiness): Promise<void> {
  const why = await readiness.why();
  if (why === undefined) exchange.json({ status: 'ready' });
  else exchange.problem(why);
}
