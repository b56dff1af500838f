// `WebSocketBridge` joins a caller's WebSocket to a device's.
import type { HttpResponse, WebSocket } from 'uWebSockets.js';
import type { ForwardFailure, ResponseHead } from '../contract/call.js';
import type { Bridge, BridgeSink } from '../contract/websocket.js';
import type { HeaderNames } from '../http1/header-names.js';
import { type AddedHeaders, utf8, writeAnswerHeaders } from './answer.js';
import type { CountedCall } from './call-recorder.js';
import type { Handshake } from './handshake.js';
import { lateUpgrade } from './late-upgrade.js';

/** Policy violation (RFC 6455 §7.4.1): a caller sends faster than the device reads, or has lost its access. */
const FORBIDDEN = 1008;
/** Try Again Later (IANA WebSocket close codes): the caller does not read, and there is no room to wait for it. */
const TRY_AGAIN_LATER = 1013;
const SWITCHING_PROTOCOLS = 101;
/** Codes that may not be sent in a close frame (RFC 6455 §7.4.1). */
const UNSENDABLE = new Set([1004, 1005, 1006, 1015]);

/** The parts of bridging that differ between the listeners. */
export interface BridgePolicy {
  /** Answers the handshake with a problem. */
  problem(res: HttpResponse, failure: ForwardFailure): void;
  /** Headers of a device's refusal that this listener does not pass on. */
  readonly dropped: HeaderNames;
  /** Headers that this listener adds to a device's refusal. */
  ownHeaders(): AddedHeaders;
  /** Writes the headers that this listener adds to an accepted handshake. */
  upgradeHeaders(res: HttpResponse): void;
  /** Called when a handshake begins. */
  began(): void;
  /** Called once when the caller has the answer to its handshake, or gets none. `failure` is undefined if a device answered. */
  answered(bridge: WebSocketBridge, failure: ForwardFailure | 'aborted' | undefined): void;
  /** Called once when the caller is gone or was refused. */
  over(): void;
}

/** The user data of a bridged socket in uWebSockets.js. */
export interface Bridged {
  readonly bridge: WebSocketBridge;
}

/**
 * Joins a caller's WebSocket to a device's: the caller is accepted once the device has accepted. Messages in either direction are
 * whole; bytes that the caller has not taken hold the device back.
 */
export class WebSocketBridge implements BridgeSink, CountedCall {
  readonly startedAt = performance.now();
  status = 0;
  /** A handshake has no body, and the messages after it are no answer. */
  readonly uploading = false;
  readonly written = 0;
  readonly #handshake: Handshake;
  readonly #policy: BridgePolicy;
  #res: HttpResponse | undefined;
  #ws: WebSocket<Bridged> | undefined;
  #bridge: Bridge | undefined;
  #unsent = 0;

  constructor(res: HttpResponse, handshake: Handshake, policy: BridgePolicy) {
    this.#res = res;
    this.#handshake = handshake;
    this.#policy = policy;
    policy.began();
    res.onAborted(() => {
      this.#res = undefined;
      this.#bridge?.close(1006, '');
      this.#policy.answered(this, 'aborted');
      this.#policy.over();
    });
  }

  attach(bridge: Bridge): void {
    this.#bridge = bridge;
  }

  /** Closes the WebSocket: the caller has lost its access. @param why a close reason, at most 123 bytes */
  abort(why: string): void {
    this.#res?.close();
    this.#ws?.end(FORBIDDEN, why);
  }

  // ---- BridgeSink

  opened(protocol: string): void {
    const res = this.#res;
    if (res === undefined) return;
    this.#res = undefined;
    this.status = SWITCHING_PROTOCOLS;
    this.#policy.answered(this, undefined);
    const { key, extensions, context } = this.#handshake;
    lateUpgrade(res, () => {
      // Without a status the first header would make the status 200.
      res.writeStatus('101 Switching Protocols');
      this.#policy.upgradeHeaders(res);
      res.upgrade<Bridged>({ bridge: this }, key, protocol, extensions, context);
    });
  }

  refused(head: ResponseHead, body: Uint8Array): void {
    this.status = head.status;
    this.#answer(undefined, (res) => {
      res.writeStatus(Buffer.from(`${head.status} ${head.reason}`, 'latin1'));
      writeAnswerHeaders(res, this.#policy.ownHeaders(), head, this.#policy.dropped);
      res.end(body);
    });
  }

  fail(failure: ForwardFailure): void {
    this.#answer(failure, (res) => this.#policy.problem(res, failure));
  }

  message(data: Uint8Array, binary: boolean): void {
    if (this.#ws === undefined) return;
    this.#unsent += data.length;
    if (this.#ws.send(data, binary) === 2) this.#ws.close();
    else this.drained();
  }

  closed(code: number, reason: string): void {
    const ws = this.#ws;
    this.#ws = undefined;
    if (UNSENDABLE.has(code)) ws?.end();
    else ws?.end(code, utf8(reason));
  }

  overrun(): void {
    const ws = this.#ws;
    this.#ws = undefined;
    // A close frame would wait behind the unread bytes, and keep them in memory.
    if (ws?.getBufferedAmount() === 0) ws.end(TRY_AGAIN_LATER, 'too much waits that is not read');
    else ws?.close();
  }

  // ---- the caller's socket

  socketOpened(ws: WebSocket<Bridged>): void {
    this.#ws = ws;
  }

  socketMessage(data: ArrayBuffer, binary: boolean): void {
    if (this.#bridge?.message(new Uint8Array(data), binary) === false) {
      this.#ws?.end(FORBIDDEN, 'the device does not read as fast as you send');
    }
  }

  /** Reports the bytes that the caller's socket has taken since the last report. */
  drained(): void {
    if (this.#ws === undefined) return;
    const waiting = this.#ws.getBufferedAmount();
    if (waiting >= this.#unsent) return;
    this.#bridge?.consumed(this.#unsent - waiting);
    this.#unsent = waiting;
  }

  socketClosed(code: number, reason: ArrayBuffer): void {
    this.#ws = undefined;
    this.#bridge?.close(code, Buffer.from(reason).toString());
    this.#policy.over();
  }

  #answer(failure: ForwardFailure | undefined, write: (res: HttpResponse) => void): void {
    const res = this.#res;
    if (res === undefined) return;
    this.#res = undefined;
    res.cork(() => write(res));
    this.#policy.answered(this, failure);
    this.#policy.over();
  }
}
