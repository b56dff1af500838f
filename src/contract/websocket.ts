// A bridge is one WebSocket to a device; these are the words between its caller and the forwarder that carries it.
import type { RawHeaders } from '../http1/contract.js';
import type { ForwardFailure, ResponseHead, Target } from './call.js';

/** A WebSocket that a caller wants to open to a device. */
export interface BridgeRequest {
  /** Origin form: `/path?query`. */
  readonly target: string;
  /** End-to-end headers, without those of the handshake itself (Sec-WebSocket-*, Upgrade, Connection). */
  readonly headers: RawHeaders;
  /** Subprotocols that the caller offers, in its order. */
  readonly protocols: readonly string[];
}

/** The caller's side of a bridged WebSocket's events. Its methods are called synchronously and in order. */
export interface BridgeSink {
  /** The device accepted; `protocol` is the subprotocol it chose, or empty. */
  opened(protocol: string): void;
  /** The device answered with another status than 101; `body` is lent until the method returns. Last event. */
  refused(head: ResponseHead, body: Uint8Array): void;
  /** One whole message of the device; its bytes count as unread until `Bridge.consumed`. */
  message(data: Uint8Array, binary: boolean): void;
  /** The device closed (code 1005: it gave none), or the stream broke (1006 → 1014 for the caller). Last event. */
  closed(code: number, reason: string): void;
  /**
   * The caller or the device has left too much unread for too long (docs/adr/0028): the caller's connection ends now, and the
   * messages that wait for it are dropped. Last event.
   */
  overrun(): void;
  /** The device could not be reached. Only before `opened`. Last event. */
  fail(failure: ForwardFailure): void;
}

/** The caller's handle of a bridged WebSocket. */
export interface Bridge {
  /** Sends one whole message. @returns false: too many bytes wait for the device, and the caller must close */
  message(data: Uint8Array, binary: boolean): boolean;
  /** The caller has read `bytes` of the messages; until then they count as unread. */
  consumed(bytes: number): void;
  /** The caller closed with `code` (1005: without one). */
  close(code: number, reason: string): void;
}

/** The handle of a WebSocket that was never opened. */
export const NO_BRIDGE: Bridge = { message: () => true, consumed() {}, close() {} };

/** The close code of a WebSocket whose tunnel broke: Bad Gateway (IANA WebSocket close codes). */
export const BAD_GATEWAY = 1014;

/**
 * How the WebSocket to a device is closed when the caller or the device leaves messages unread: policy violation (RFC 6455
 * §7.4.1). The code is not 1013, with which the caller's side is closed, because uWebSockets.js takes 1013 for a broken
 * connection.
 */
export const UNREAD = { code: 1008, reason: 'too much waits that is not read' } as const;

/** Carries WebSockets to devices: by messages to a session of this process, or over the internal API. */
export interface BridgeForwarder {
  bridge(target: Target, request: BridgeRequest, sink: BridgeSink): Bridge;
}

/** The largest WebSocket message that is bridged, in bytes, in either direction; a larger one closes the WebSocket with 1009. */
export const MAX_WEBSOCKET_MESSAGE = 16 * 1024 * 1024;

/** Bytes of messages that a caller may leave unread before the device's stream is paused. */
export const WEBSOCKET_WINDOW = 256 * 1024;
