import type { RawHeaders } from '../http1/contract.js';
import type { ForwardFailure, ResponseHead, Target } from './call.js';

/** A WebSocket that a caller wants to a device. */
export interface BridgeRequest {
  /** Origin form: `/path?query`. */
  readonly target: string;
  /** End-to-end fields; none of the handshake's own (Sec-WebSocket-*, Upgrade, Connection). */
  readonly headers: RawHeaders;
  /** Subprotocols that the caller offers, in its order. */
  readonly protocols: readonly string[];
}

/** Where a bridged WebSocket's events go. Called synchronously, in order. */
export interface BridgeSink {
  /** The device accepted; `protocol` is the subprotocol it chose, or empty. */
  opened(protocol: string): void;
  /** The device answered with something else than 101; `body` is lent for the call. Last event. */
  refused(head: ResponseHead, body: Uint8Array): void;
  /** One whole message from the device; it holds credit until `Bridge.consumed`. */
  message(data: Uint8Array, binary: boolean): void;
  /** The device closed (code 1005: it gave none), or the stream broke (1006 → 1014 for the caller). Last event. */
  closed(code: number, reason: string): void;
  /**
   * The caller or the device has left too much unread for too long (unread-budget.ts): the caller's connection ends now, with what
   * waits for it. Last event.
   */
  overrun(): void;
  /** The device could not be reached. Only before `opened`. Last event. */
  fail(failure: ForwardFailure): void;
}

/** A bridged WebSocket, as its caller sees it. */
export interface Bridge {
  /** Sends one whole message. False: too much waits for the device; the caller must close. */
  message(data: Uint8Array, binary: boolean): boolean;
  /** The caller has taken `bytes` of the messages; until then they count as unread. */
  consumed(bytes: number): void;
  /** The caller closed with `code` (1005: without one). */
  close(code: number, reason: string): void;
}

/** What is left to the caller of a WebSocket that was never opened. */
export const NO_BRIDGE: Bridge = { message: () => true, consumed() {}, close() {} };

/** The tunnel broke under an open WebSocket: Bad Gateway (IANA WebSocket close codes). */
export const BAD_GATEWAY = 1014;

/**
 * What a device is told where messages are not read, by the caller or by itself: policy violation (RFC 6455 §7.4.1). Not 1013, which the caller
 * is told: uWebSockets.js takes that for a broken connection.
 */
export const UNREAD = { code: 1008, reason: 'too much waits that is not read' } as const;

/** Carries WebSockets to devices. */
export interface BridgeForwarder {
  bridge(target: Target, request: BridgeRequest, sink: BridgeSink): Bridge;
}

/** The largest WebSocket message that is bridged, in bytes, in either direction; larger ones close with 1009. */
export const MAX_WEBSOCKET_MESSAGE = 16 * 1024 * 1024;

/** Bytes of bridged messages that a caller may leave unread before the device's stream is paused. */
export const WEBSOCKET_WINDOW = 256 * 1024;
