import type { Method, StreamRoute } from '../../route.js';
import { DeviceBridge } from './device-bridge.js';
import { DeviceCall } from './device-call.js';
import { EDGE_API, WHOLE_DEVICE } from './device-request.js';

/** A request to the device's edge API, at the same place below `/api/devices/{deviceId}`. */
function edge(method: Method, path: string, summary: string): StreamRoute {
  return {
    kind: 'stream',
    path: `/api/devices/{deviceId}${path}`,
    methods: [method],
    access: 'user',
    summary,
    begin: (services, exchange, req, fields) => new DeviceCall(services, exchange, req, fields, EDGE_API),
    upgrade: undefined,
  };
}

/** Requests that a device answers. */
export const deviceCallRoutes: readonly StreamRoute[] = [
  edge('GET', '/system', "What the device's host says of itself"),
  {
    kind: 'stream',
    path: '/api/devices/{deviceId}/proxy/{path…}',
    methods: 'ANY',
    access: 'user',
    summary: 'Any HTTP request or WebSocket, forwarded to the device as it is',
    begin: (services, exchange, req, fields) => new DeviceCall(services, exchange, req, fields, WHOLE_DEVICE),
    upgrade: (services, exchange, req, fields, context) =>
      new DeviceBridge(services, exchange, req, fields, context),
  },
];
