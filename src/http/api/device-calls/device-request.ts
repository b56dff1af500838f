// This file turns a caller's request into the device's request: its path, its headers, and the name of the caller.
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

/** The parts of a process that calls to devices use. */
export interface DeviceCallNeeds {
  readonly devices: Pick<DeviceLookup, 'has' | 'peek'>;
  readonly forwarder: Forwarder & BridgeForwarder;
  readonly calls: Pick<CallRecorder, 'began' | 'answered' | 'ended'>;
  readonly open: Pick<ActiveRequests, 'add' | 'remove'>;
  readonly proxies: Pick<TrustedProxies, 'hops'>;
  /** The scheme that callers use; devices are told the scheme in X-Forwarded-Proto. */
  readonly scheme: 'http' | 'https';
}

const PREFIX_LENGTH = '/api/devices/'.length;

/** The headers of a request to a device that we read: for the framework, and for the X-Forwarded-* headers. */
const OURS = [...FRAMEWORK_HEADERS, 'host', 'x-forwarded-for'];

/** Reads all headers of a request to a device in one go, while `req` is live: one look-up by name costs as much as that. */
export function readDeviceHeaders(req: HttpRequest): RequestHeaders {
  return readRequestHeaders(req, STOPPED.toDevice, OURS);
}

/** How the paths below `/api/devices/{deviceId}` map to paths of the device. */
export interface Mount {
  /** The part of our path between the device's id and the tail. */
  readonly at: string;
  /** The path on the device to which the tail is appended. */
  readonly root: string;
}

/** Maps to all paths of the device. */
export const WHOLE_DEVICE: Mount = { at: '/proxy', root: '' };

/** Maps to the edge API: `/api/devices/{deviceId}/modules` is the device's `/api/modules` (04-rest-api §4.2). */
export const EDGE_API: Mount = { at: '', root: '/api' };

/** A caller's request below `/api/devices/{deviceId}`, as the device gets it. */
export interface DeviceRequest {
  readonly deviceId: string;
  /** The device's path, with the tail and the query as they were sent. */
  readonly target: string;
  readonly headers: RawHeaders;
  readonly bodyLength: number | undefined;
}

/**
 * Reads a request to a device while `req` is live. X-Forwarded-For begins with the sender's address: addresses that the sender
 * itself put there are left out, so that they cannot pass for ours.
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
  context.targetId = deviceId;
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

/** Adds the header that names the caller to the device. It is the last header that is added. */
export function addUser(headers: RawHeaders, user: Principal): void {
  headers.push('x-visiona-user', user.userId);
}
