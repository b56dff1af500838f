// This file turns a caller's request into the one that the device gets: its path, its headers, and who calls.
import type { HttpRequest } from 'uWebSockets.js';
import type { Principal } from '../../../auth/authenticator.js';
import type { Forwarder } from '../../../contract/call.js';
import type { BridgeForwarder } from '../../../contract/websocket.js';
import type { DeviceLookup } from '../../../devices/own-device.js';
import type { RawHeaders } from '../../../http1/contract.js';
import { STOPPED } from '../../../http1/header-policy.js';
import type { CallRecorder } from '../../../server/call-recorder.js';
import { type RequestHeaders, readRequestHeaders } from '../../../server/request-headers.js';
import { socketAddressOf, type TrustedProxies } from '../../../server/trusted-proxies.js';
import type { ActiveRequests } from '../../active-requests.js';
import type { HttpContext } from '../../http-context.js';
import { FRAMEWORK_HEADERS } from '../../route.js';

/** The parts of a process that calls to devices go through. */
export interface DeviceCallNeeds {
  readonly devices: Pick<DeviceLookup, 'has' | 'peek'>;
  readonly forwarder: Forwarder & BridgeForwarder;
  readonly calls: Pick<CallRecorder, 'began' | 'answered' | 'ended'>;
  readonly open: Pick<ActiveRequests, 'add' | 'remove'>;
  readonly proxies: Pick<TrustedProxies, 'hops'>;
  /** The scheme that callers use; devices are told it in X-Forwarded-Proto. */
  readonly scheme: 'http' | 'https';
}

const PREFIX_LENGTH = '/api/devices/'.length;

/** Headers of a request to a device that we read: by the framework, and for the X-Forwarded-* headers. */
const OURS = [...FRAMEWORK_HEADERS, 'host', 'x-forwarded-for'];

/** Reads all headers of a request to a device in one go, while `req` is live: each look-up by name costs as much. */
export function readDeviceHeaders(req: HttpRequest): RequestHeaders {
  return readRequestHeaders(req, STOPPED.toDevice, OURS);
}

/** Where a part of the device's paths is below `/api/devices/{deviceId}`. */
export interface Mount {
  /** What is between the device and the tail of our path. */
  readonly at: string;
  /** What the tail is below on the device. */
  readonly root: string;
}

/** All of the device's paths. */
export const WHOLE_DEVICE: Mount = { at: '/proxy', root: '' };

/** The edge API: `/api/devices/{deviceId}/modules` is the device's `/api/modules` (04-rest-api §4.2). */
export const EDGE_API: Mount = { at: '', root: '/api' };

/** What a caller's request below `/api/devices/{deviceId}` is to the device. */
export interface DeviceRequest {
  readonly deviceId: string;
  /** The tail of the path as it was sent, with its query. */
  readonly target: string;
  readonly headers: RawHeaders;
  readonly bodyLength: number | undefined;
}

/**
 * Reads it while `req` is live. Its X-Forwarded-For begins with who sent it: what that one claims of others is left out,
 * so that it cannot pass for ours.
 */
export function readDeviceRequest(
  req: HttpRequest,
  sent: RequestHeaders,
  context: HttpContext,
  { proxies, scheme }: Pick<DeviceCallNeeds, 'proxies' | 'scheme'>,
  mount: Mount,
): DeviceRequest {
  const { res, path, requestId } = context;
  // The matched segment is as it was sent, so its length tells where the tail begins.
  const deviceId = req.getParameter(0);
  const tail = mount.root + path.slice(PREFIX_LENGTH + deviceId.length + mount.at.length);
  const query: string | undefined = req.getQuery();
  const { endToEnd: headers, bodyLength } = sent;
  const hops = proxies.hops(socketAddressOf(res), sent.getHeader('x-forwarded-for'));
  context.deviceId = deviceId;
  context.remoteAddr = hops[0];
  headers.push(
    'x-forwarded-for',
    hops.join(', '),
    'x-forwarded-proto',
    scheme,
    'x-forwarded-host',
    sent.getHeader('host'),
    'x-request-id',
    requestId,
  );
  return { deviceId, target: query === undefined ? tail : `${tail}?${query}`, headers, bodyLength };
}

/** Tells the device who calls; the last header that is added. */
export function addUser(headers: RawHeaders, user: Principal): void {
  headers.push('x-visiona-user', user.userId);
}
