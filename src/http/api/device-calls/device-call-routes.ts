// These routes pass requests on to a device, which answers them.
import { operation } from '../../operation.js';
import type { Route, UserHandler } from '../../route.js';
import { DeviceBridge } from './device-bridge.js';
import { DeviceCall } from './device-call.js';
import {
  type DeviceCallNeeds,
  EDGE_API,
  type Mount,
  readDeviceHeaders,
  WHOLE_DEVICE,
} from './device-request.js';

/** The declaration of a route to a device. */
interface Declared extends Pick<Route, 'path' | 'methods' | 'summary'> {
  /** The part of the device's paths that the route leads to. */
  readonly mount: Mount;
  /** Answers a WebSocket handshake. Absent: a handshake is an ordinary request. */
  readonly upgrade?: UserHandler<ReturnType<typeof readDeviceHeaders>>['upgrade'];
}

/** The routes of calls to devices (04-rest-api, rows 18 and 19). */
export function deviceCallRoutes(needs: DeviceCallNeeds): readonly Route[] {
  return [
    deviceRoute(needs, {
      path: '/api/devices/{deviceId}/system',
      methods: ['GET'],
      summary: "What the device's host says of itself",
      mount: EDGE_API,
    }),
    deviceRoute(needs, {
      path: '/api/devices/{deviceId}/proxy/{path…}',
      methods: 'ANY',
      summary: 'Any HTTP request or WebSocket, forwarded to the device as it is',
      mount: WHOLE_DEVICE,
      upgrade: (context, req, headers, socket) => new DeviceBridge(needs, context, req, headers, socket),
    }),
  ];
}

/** Makes a route to a device: requests and answers pass through unchanged, as their bodies are not ours. */
function deviceRoute(needs: DeviceCallNeeds, { mount, upgrade, ...declared }: Declared): Route {
  const route = { ...declared, access: 'user' } as const;
  const handler: UserHandler<ReturnType<typeof readDeviceHeaders>> = {
    access: 'user',
    readHeaders: readDeviceHeaders,
    begin: (context, req, headers) => new DeviceCall(needs, context, req, headers, mount),
    ...(upgrade !== undefined && { upgrade }),
  };
  return {
    ...route,
    ...handler,
    describe: (method) =>
      operation({ route, method, success: { default: { description: 'What the device answers' } } }),
  };
}
