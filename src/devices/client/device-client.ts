// `DeviceClient` makes the product's own calls to devices; requests of users are forwarded without it.
import type { z } from 'zod';
import type { Forwarder, Target } from '../../contract/call.js';
import type { BridgeForwarder } from '../../contract/websocket.js';
import type { RawHeaders } from '../../http1/contract.js';
import type { Device } from '../../store/ports/devices.js';
import type { CallBounds } from './call-guard.js';
import type { DeviceResponse } from './device-response.js';
import { type DeviceWebSocket, WebSocketCall } from './device-websocket.js';
import { DeviceCallError, DeviceStatusError, readJson } from './errors.js';
import { HttpCall } from './http-call.js';
import type { StreamedBody } from './upload.js';

/** The longest JSON answer of a device, in bytes, unless a call says otherwise. */
export const MAX_JSON_BYTES = 1024 * 1024;

/** The device that is called, and the user for whom it is called, as `ownDevice` finds them. */
export type CalledDevice = Pick<Device, 'deviceId' | 'userId'>;

/** The options of each call. */
export interface DeviceCallOptions extends CallBounds {
  /** Names the call in the device's log and in ours. */
  readonly requestId: string;
}

/** Where a call goes, and the headers that it adds to those of {@link DeviceClient}. */
export interface DevicePath extends DeviceCallOptions {
  /** Origin form: `/path?query`. */
  readonly path: string;
  /**
   * Headers by name. Headers of the connection (RFC 9110 §7.6.1), Content-Length, and those that the client sets are not
   * allowed.
   */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An HTTP request to a device. The deadline covers the whole call, until the body of the answer was read. */
export interface DeviceHttpRequest extends DevicePath {
  readonly method: string;
  readonly body?: Uint8Array | StreamedBody;
}

/** A request whose answer is JSON. */
export interface DeviceJsonRequest extends DevicePath {
  readonly method: string;
  /** The value that is sent as JSON. Undefined: the request has no body. */
  readonly payload?: unknown;
  /** The longest answer, in bytes. Default {@link MAX_JSON_BYTES}. */
  readonly maxBytes?: number;
}

/** A WebSocket to a device. The deadline is for the handshake; the signal ends the WebSocket at any time. */
export interface DeviceSocketRequest extends DevicePath {
  /** Subprotocols that are offered, in order of preference. */
  readonly protocols?: readonly string[];
}

/**
 * Calls devices: through a tunnel of this process, or of another one. Each method rejects with a {@link DeviceCallError}, whose
 * problem is the forwarder's failure, or with the reason of its signal. The caller has made sure that the device is the user's.
 */
export class DeviceClient {
  readonly #forwarder: Forwarder & BridgeForwarder;

  constructor(forwarder: Forwarder & BridgeForwarder) {
    this.#forwarder = forwarder;
  }

  /**
   * Sends a request and resolves at the head of the answer, whatever its status. The body is sent while the device takes it;
   * an answer that refuses the request (not 2xx), or that is complete, stops it. Also rejects with any error of the body's
   * source.
   */
  async request(
    device: CalledDevice,
    { method, path, headers, body, ...options }: DeviceHttpRequest,
  ): Promise<DeviceResponse> {
    options.signal?.throwIfAborted();
    const streamed = body instanceof Uint8Array ? { source: [body], length: body.length } : body;
    const bodyLength = streamed === undefined ? 0 : streamed.length;
    const allHeaders = callHeaders(device, options, headers);
    const call = new HttpCall();
    call.start(
      this.#forwarder,
      targetOf(device),
      { method, target: path, headers: allHeaders, bodyLength },
      streamed,
      options,
    );
    return call.answered;
  }

  /**
   * Sends a request and reads its JSON answer.
   * @throws DeviceStatusError the device answered with another status than 2xx
   * @throws DeviceCallError `bad-device-response`: the answer is too long, is not JSON, or does not match `schema`
   */
  async json<Schema extends z.ZodType>(
    device: CalledDevice,
    { payload, headers, maxBytes = MAX_JSON_BYTES, ...request }: DeviceJsonRequest,
    schema: Schema,
  ): Promise<z.output<Schema>> {
    const response = await this.request(device, {
      ...request,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(payload !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload !== undefined && { body: Buffer.from(JSON.stringify(payload)) }),
    });
    const bytes = await response.bytes(maxBytes);
    if (!response.ok) throw new DeviceStatusError(response.status, bytes);
    const value = readJson(bytes);
    if (value === undefined) throw nonsense("the device's answer is not JSON in UTF-8");
    const read = schema.safeParse(value);
    if (!read.success) throw nonsense("the device's answer does not match what was asked for");
    return read.data;
  }

  /**
   * Opens a WebSocket and resolves when the device has accepted it.
   * @throws DeviceStatusError the device refused the handshake
   */
  async subscribe(
    device: CalledDevice,
    { path, headers, protocols = [], ...options }: DeviceSocketRequest,
  ): Promise<DeviceWebSocket> {
    options.signal?.throwIfAborted();
    const allHeaders = callHeaders(device, options, headers);
    const call = new WebSocketCall();
    call.start(this.#forwarder, targetOf(device), { target: path, headers: allHeaders, protocols }, options);
    return call.answered;
  }

  /**
   * Measures how many milliseconds a request takes: through the tunnel, the device's own service, and back. Any answer
   * counts, whatever its status.
   */
  async ping(device: CalledDevice, options: DeviceCallOptions): Promise<number> {
    const response = await this.request(device, { ...options, method: 'HEAD', path: '/' });
    response.discard();
    return response.headMs;
  }
}

/** The unread bytes of the answer count as the user's. */
function targetOf({ deviceId, userId }: CalledDevice): Target {
  return { by: 'device', deviceId, owner: userId };
}

/** The headers of each call: those that a device also gets with forwarded calls, and the call's own. */
function callHeaders(
  { userId }: CalledDevice,
  { requestId }: DeviceCallOptions,
  headers: DevicePath['headers'] = {},
): RawHeaders {
  return [
    'host',
    'device',
    'x-request-id',
    requestId,
    'x-visiona-user',
    userId,
    ...Object.entries(headers).flat(),
  ];
}

function nonsense(detail: string): DeviceCallError {
  return new DeviceCallError('bad-device-response', { detail });
}
