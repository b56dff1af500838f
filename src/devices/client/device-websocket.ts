// `WebSocketCall` is one WebSocket of the product to a device, between the forwarder and the code that subscribed.
import type { ForwardFailure, ResponseHead, Target } from '../../contract/call.js';
import {
  BAD_GATEWAY,
  type Bridge,
  type BridgeForwarder,
  type BridgeRequest,
  type BridgeSink,
  NO_BRIDGE,
  UNREAD,
} from '../../contract/websocket.js';
import { ABNORMAL } from '../../http1/websocket-handshake.js';
import { type CallBounds, CallGuard } from './call-guard.js';
import { DeviceCallError, DeviceStatusError } from './errors.js';
import { type ReaderEvents, ReadQueue } from './read-queue.js';

/**
 * Messages that may wait for the reader. Credit bounds the bytes of messages (to about 256 KiB and one message), and so does
 * not bound a flood of empty ones.
 */
export const MAX_WAITING_MESSAGES = 4096;

/** WebSocket close codes (RFC 6455 §7.4.1). */
const NORMAL = 1000;
const GOING_AWAY = 1001;

/** A text message is a string, a binary one is bytes. */
export type DeviceMessage = string | Uint8Array;

/** How a device closed a WebSocket. Code 1005: the device gave none. */
export interface DeviceClose {
  readonly code: number;
  /** The device's own text: it goes into no log and no answer of ours. */
  readonly reason: string;
}

/**
 * An open WebSocket to a device. Its messages are read by one `for await`, which ends when either side closes, and throws when
 * the WebSocket fails: `tunnel-lost-after-send` (the tunnel or the stream broke), `overloaded` (too much was not read),
 * `device-timeout` (the device does not read), the signal's reason. Leaving the loop closes the WebSocket.
 */
export interface DeviceWebSocket extends AsyncIterable<DeviceMessage> {
  /** The subprotocol that the device chose, or empty. */
  readonly protocol: string;
  /** How the device closed the WebSocket, or remote-proxy, if too much waits there that the device does not read (1008). */
  readonly closedBy: DeviceClose | undefined;
  /** Sends one message; does nothing after the end. @throws DeviceCallError `device-timeout`: too much waits for the device */
  send(message: DeviceMessage): void;
  /** Closes the WebSocket and drops the messages that wait for the reader. @param code default 1000 */
  close(code?: number, reason?: string): void;
}

interface WaitingMessage {
  readonly data: Buffer;
  readonly binary: boolean;
}

/** Turns a bridge's events into a promise of the open WebSocket and a queue of its messages. */
export class WebSocketCall implements DeviceWebSocket, BridgeSink, ReaderEvents<WaitingMessage> {
  protocol = '';
  closedBy: DeviceClose | undefined;
  /** Resolves with the open WebSocket, or rejects with the error of the handshake. */
  readonly answered: Promise<DeviceWebSocket>;
  readonly #messages = new ReadQueue<WaitingMessage>(this);
  #accept: (socket: DeviceWebSocket) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  #bridge: Bridge = NO_BRIDGE;
  #guard: CallGuard | undefined;
  #isOpen = false;
  #isOver = false;

  constructor() {
    this.answered = new Promise((resolve, reject) => {
      this.#accept = resolve;
      this.#reject = reject;
    });
  }

  /** Begins the handshake; its deadline is for the device's answer to it. Called once. */
  start(forwarder: BridgeForwarder, target: Target, request: BridgeRequest, bounds: CallBounds): void {
    this.#bridge = forwarder.bridge(target, request, this);
    if (this.#isOver) return;
    this.#guard = new CallGuard(bounds, (error) => this.#giveUp(error, GOING_AWAY));
    if (this.#isOpen) this.#guard.meetDeadline();
  }

  // ---- DeviceWebSocket

  async *[Symbol.asyncIterator](): AsyncGenerator<DeviceMessage, void, void> {
    for await (const { data, binary } of this.#messages) yield binary ? data : data.toString();
  }

  send(message: DeviceMessage): void {
    if (this.#isOver) return;
    const binary = typeof message !== 'string';
    if (this.#bridge.message(binary ? message : Buffer.from(message), binary)) return;
    const error = new DeviceCallError('device-timeout', { detail: 'the device does not read its WebSocket' });
    this.#giveUp(error, UNREAD.code, UNREAD.reason);
    throw error;
  }

  close(code = NORMAL, reason = ''): void {
    this.#giveUp(undefined, code, reason);
  }

  // ---- BridgeSink

  opened(protocol: string): void {
    if (this.#isOver) return;
    this.#isOpen = true;
    this.protocol = protocol;
    this.#guard?.meetDeadline();
    this.#accept(this);
  }

  refused({ status }: ResponseHead, body: Uint8Array): void {
    this.#fail(new DeviceStatusError(status, body));
  }

  message(data: Uint8Array, binary: boolean): void {
    if (this.#isOver) return;
    if (this.#messages.length >= MAX_WAITING_MESSAGES) {
      const detail = 'the messages of a device were not read, and there was no room for more';
      return this.#giveUp(new DeviceCallError('overloaded', { detail }), UNREAD.code, UNREAD.reason);
    }
    // The bytes are only lent, and their reader comes later, so they are copied.
    this.#messages.push({ data: Buffer.from(data), binary });
  }

  closed(code: number, reason: string): void {
    if (code === BAD_GATEWAY) {
      const detail = 'the WebSocket to the device broke off';
      return this.#fail(new DeviceCallError('tunnel-lost-after-send', { detail }));
    }
    if (this.#isOver) return;
    this.closedBy = { code, reason };
    this.#release();
    this.#messages.end();
  }

  overrun(): void {
    this.#fail(
      new DeviceCallError('overloaded', { detail: 'too much waited on a WebSocket that was not read' }),
    );
  }

  fail({ code, detail }: ForwardFailure): void {
    this.#fail(new DeviceCallError(code, { detail }));
  }

  // ---- ReaderEvents

  taken({ data }: WaitingMessage): void {
    this.#bridge.consumed(data.length);
  }

  left(): void {
    this.close();
  }

  // ----

  /** @param error the error that the reader's loop throws; undefined: the loop ends */
  #giveUp(error: unknown, code: number, reason = ''): void {
    if (this.#isOver) return;
    // A device that has not answered the handshake is sent no close frame: its stream is reset.
    this.#bridge.close(this.#isOpen ? code : ABNORMAL, reason);
    this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#release();
    this.#reject(error);
    this.#messages.drop(error);
  }

  #release(): void {
    this.#isOver = true;
    this.#guard?.release();
  }
}
