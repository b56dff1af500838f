import { DeviceBridge } from './device-bridge.js';
import { DeviceCall } from './device-call.js';
import type { StreamRoute } from './route.js';

/** Requests that a device answers. */
export const deviceCallRoutes: readonly StreamRoute[] = [
  {
    kind: 'stream',
    path: '/api/devices/{deviceId}/proxy/{path…}',
    methods: 'ANY',
    access: 'user',
    summary: 'Any HTTP request or WebSocket, forwarded to the device as it is',
    begin: (services, exchange, req) => new DeviceCall(services, exchange, req),
    upgrade: (services, exchange, req, context) => new DeviceBridge(services, exchange, req, context),
  },
];
