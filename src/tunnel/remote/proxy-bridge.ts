// `ProxyBridge` carries one WebSocket to a device over remote-proxy's internal API.
import type { ClientRequest, IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { ForwardFailure } from '../../contract/call.js';
import {
  BAD_GATEWAY,
  type Bridge,
  type BridgeRequest,
  type BridgeSink,
  MAX_WEBSOCKET_MESSAGE,
  UNREAD,
  WEBSOCKET_WINDOW,
} from '../../contract/websocket.js';
import { ABNORMAL, headerObject, isSendable, readRefusal } from '../../http1/websocket-handshake.js';
import { HeldBytes } from '../forward/held-bytes.js';
import type { UnreadBudget } from '../forward/unread-budget.js';
import { readProxyAnswer } from './proxy-answer.js';
import { answerFailure, connectionFailure, NOT_SENDABLE } from './proxy-failure.js';

/** The forwarder, as its WebSockets see it. */
export interface BridgeCarrier {
  readonly budget: UnreadBudget;
  /** How long the handshake may take, in ms. */
  readonly handshakeMs: number;
  /** The bridge holds no connection any more. Called once, if it was opened. */
  released(bridge: ProxyBridge): void;
}

/** One WebSocket over the internal API; the `ws` client does its handshake and frames. */
export class ProxyBridge extends HeldBytes implements Bridge {
  readonly #carrier: BridgeCarrier;
  readonly #owner: string;
  readonly #request: BridgeRequest;
  readonly #sink: BridgeSink;
  #socket: WebSocket | undefined;
  #sent = false;
  #opened = false;
  #over = false;

  /** @param user the user who has to read the messages */
  constructor(carrier: BridgeCarrier, user: string, request: BridgeRequest, sink: BridgeSink) {
    super(carrier.budget);
    this.#carrier = carrier;
    this.#owner = user;
    this.#request = request;
    this.#sink = sink;
  }

  /**
   * Begins the handshake.
   * @param headers of the carrying request, the caller's included
   * @returns false: the handshake failed at once, and the bridge holds nothing
   */
  open(url: string, headers: string[]): boolean {
    const socket = this.#dial(url, headers);
    if (socket === undefined) {
      this.#fail(NOT_SENDABLE);
      return false;
    }
    this.#socket = socket;
    socket.on('open', () => this.#accepted(socket.protocol));
    socket.on('message', (data: Buffer, binary: boolean) => this.#message(data, binary));
    socket.on('close', (code, reason) => this.#closed(code, reason.toString()));
    socket.on('error', (error) => this.#failed(error));
    socket.on('unexpected-response', (_request, response) => this.#answered(response));
    return true;
  }

  /** Fails or closes the WebSocket, because remote-proxy is given up. */
  connectionLost(detail: string): void {
    if (this.#opened) this.#end(() => this.#sink.closed(BAD_GATEWAY, detail));
    else this.#fail({ code: this.#sent ? 'proxy-broke-off' : 'proxy-unreachable', detail });
    this.#socket?.terminate();
  }

  // ---- Bridge

  message(data: Uint8Array, binary: boolean): boolean {
    if (this.#over) return true;
    if (this.unsent + data.length > MAX_WEBSOCKET_MESSAGE) return false;
    // The caller's bytes are valid only until this returns, and `ws` may keep the bytes that it is given.
    this.#socket?.send(Buffer.from(data), { binary }, () => this.sent(data.length));
    this.sending(data.length);
    return true;
  }

  consumed(bytes: number): void {
    if (this.#over) return;
    this.taken(bytes);
    if (this.unread < WEBSOCKET_WINDOW / 2) this.#socket?.resume();
  }

  close(code: number, reason: string): void {
    if (this.#over) return;
    this.#end(() => {});
    this.#close(code, reason);
  }

  // ---- HeldBytes

  protected get user(): string | undefined {
    return this.#over ? undefined : this.#owner;
  }

  protected get promised(): number {
    return WEBSOCKET_WINDOW;
  }

  evict(): void {
    this.#end(() => this.#sink.overrun());
    this.#close(UNREAD.code, UNREAD.reason);
  }

  // ----

  #close(code: number, reason: string): void {
    // Nobody reads the messages before the close frame that answers this one; they must not hold that frame up.
    this.#socket?.resume();
    if (!this.#opened || code === ABNORMAL) this.#socket?.terminate();
    else if (isSendable(code)) this.#socket?.close(code, reason);
    else this.#socket?.close();
  }

  /** Dials remote-proxy. Undefined: the caller's target, headers or subprotocols are not those of a WebSocket. */
  #dial(url: string, headers: string[]): WebSocket | undefined {
    try {
      return new WebSocket(url, [...this.#request.protocols], {
        headers: headerObject(headers),
        handshakeTimeout: this.#carrier.handshakeMs,
        maxPayload: MAX_WEBSOCKET_MESSAGE,
        perMessageDeflate: false,
        finishRequest: (request: ClientRequest) => {
          // 'finish' comes once the request has left, which takes a connection.
          request.once('finish', () => {
            this.#sent = true;
          });
          request.end();
        },
      });
    } catch {
      return undefined;
    }
  }

  #accepted(protocol: string): void {
    if (this.#over) return;
    this.#opened = true;
    this.#sink.opened(protocol);
  }

  #message(data: Buffer, binary: boolean): void {
    if (this.#over) return;
    this.giving(data.length);
    if (this.unread > WEBSOCKET_WINDOW) this.#socket?.pause();
    this.#sink.message(data, binary);
    this.given();
  }

  #closed(code: number, reason: string): void {
    this.#carrier.released(this);
    if (this.#opened) this.#end(() => this.#sink.closed(code === ABNORMAL ? BAD_GATEWAY : code, reason));
    else this.#fail({ code: 'proxy-broke-off', detail: 'it broke off the handshake' });
  }

  #failed(error: Error): void {
    // If the WebSocket is open, `close` follows and tells how it ended.
    if (!this.#opened) this.#fail(connectionFailure(error, this.#sent));
  }

  /** The handshake was answered with an ordinary response, by the device or by remote-proxy. */
  #answered(response: IncomingMessage): void {
    const status = response.statusCode ?? 502;
    const { statusMessage: reason = '', rawHeaders } = response;
    const { origin, head } = readProxyAnswer(status, reason, rawHeaders, false);
    readRefusal(
      response,
      (body) => {
        if (origin === 'device')
          this.#end(() => this.#sink.refused({ ...head, contentLength: body.length }, body));
        else this.#fail(answerFailure(status, origin, body));
        this.#socket?.terminate();
      },
      (error) => this.#failed(error),
    );
  }

  #fail(failure: ForwardFailure): void {
    this.#end(() => this.#sink.fail(failure));
  }

  /** Gives the sink its last event, once. */
  #end(tell: () => void): void {
    if (this.#over) return;
    this.#over = true;
    this.dropHeld();
    tell();
  }
}
