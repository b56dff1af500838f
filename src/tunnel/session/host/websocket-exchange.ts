// A WebSocket exchange is a WebSocket to the device over one stream of its tunnel.
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { ForwardFailureCode } from '../../../contract/call.js';
import { MAX_WEBSOCKET_MESSAGE, WEBSOCKET_WINDOW } from '../../../contract/websocket.js';
import { endToEndHeaders } from '../../../http1/headers.js';
import { ABNORMAL, headerObject, isSendable, readRefusal } from '../../../http1/websocket-handshake.js';
import { StreamDuplex } from '../../yamux/duplex.js';
import type { ExchangeId, SessionIn } from '../wire/session-in.js';
import type { ExchangePort, StreamExchange } from './stream-exchange.js';

/** Bridges messages between the caller and the device; the `ws` client does the handshake and the frames (RFC 6455). */
export class WebSocketExchange implements StreamExchange {
  /** When the device must have accepted the WebSocket; Infinity once it has. */
  deadline: number;
  readonly #id: ExchangeId;
  readonly #port: ExchangePort;
  readonly #open: Extract<SessionIn, { kind: 'ws-open' }>;
  #socket: WebSocket | undefined;
  #stream: StreamDuplex | undefined;
  #opened = false;
  /** Bytes that were sent to the caller and that it has not consumed. */
  #held = 0;
  /** True if the caller has closed the WebSocket: it is sent no more messages. */
  #isClosing = false;
  #over = false;

  constructor(port: ExchangePort, open: Extract<SessionIn, { kind: 'ws-open' }>, timeoutMs: number) {
    this.#id = open.exchange;
    this.#port = port;
    this.#open = open;
    this.deadline = port.now() + timeoutMs;
  }

  start(): void {
    const stream = StreamDuplex.open(this.#port.mux);
    if (stream === undefined) return this.fail('stream-refused', 'the tunnel accepts no more streams');
    this.#stream = stream;
    const socket = this.#dial(stream);
    if (socket === undefined)
      return this.fail('bad-request', 'the handshake has a field that cannot be sent');
    this.#socket = socket;
    socket.on('open', () => this.#accepted(socket.protocol));
    socket.on('message', (data: Buffer, binary: boolean) => this.#message(data, binary));
    socket.on('close', (code, reason) => this.#closed(code, reason.toString()));
    socket.on('error', (error) => this.#failed(error));
    socket.on('unexpected-response', (_request, response) => this.#refused(response));
  }

  /** Begins the handshake. Undefined: the `ws` client rejects the caller's target, headers or subprotocols. */
  #dial(stream: StreamDuplex): WebSocket | undefined {
    const { target, headers, protocols } = this.#open;
    try {
      return new WebSocket(`ws://device${target}`, [...protocols], {
        createConnection: () => stream,
        headers: headerObject(headers),
        perMessageDeflate: false,
        maxPayload: MAX_WEBSOCKET_MESSAGE,
      });
    } catch {
      return undefined;
    }
  }

  /** Sends one message of the caller to the device. */
  send(bytes: Uint8Array, binary: boolean): void {
    if (this.#socket === undefined || !this.#opened) return;
    this.#socket.send(bytes, { binary }, () => this.#sent(bytes.length));
  }

  /** Closes the WebSocket for the caller; the device's answer to the close frame ends the exchange. */
  close(code: number, reason: string): void {
    if (!this.#opened || code === ABNORMAL) return this.abort();
    this.#isClosing = true;
    // A paused socket would never get to the close frame that answers this one.
    this.#socket?.resume();
    if (isSendable(code)) this.#socket?.close(code, reason);
    else this.#socket?.close();
  }

  body(): void {
    // A WebSocket has messages, not a body.
  }

  consumed(bytes: number): void {
    this.#held -= bytes;
    if (this.#held < WEBSOCKET_WINDOW / 2) this.#socket?.resume();
  }

  abort(): void {
    this.#finish();
    this.#stream?.destroy();
    this.#socket?.terminate();
  }

  fail(code: ForwardFailureCode, detail: string): void {
    if (this.#over) return;
    if (this.#opened) return this.#closed(ABNORMAL, detail);
    const reached = this.#stream !== undefined;
    this.#port.emit({
      kind: 'fail',
      exchange: this.#id,
      code: reached && code === 'tunnel-lost-before-send' ? 'tunnel-lost-after-send' : code,
      reached,
      detail,
    });
    this.abort();
  }

  #accepted(protocol: string): void {
    if (this.#over) return;
    this.#opened = true;
    this.deadline = Number.POSITIVE_INFINITY;
    this.#port.emit({ kind: 'ws-opened', exchange: this.#id, protocol });
  }

  #message(bytes: Buffer, binary: boolean): void {
    if (this.#over || this.#isClosing) return;
    this.#held += bytes.length;
    if (this.#held > WEBSOCKET_WINDOW) this.#socket?.pause();
    this.#port.emit({ kind: 'ws-message', exchange: this.#id, binary, bytes });
  }

  #sent(bytes: number): void {
    if (!this.#over) this.#port.emit({ kind: 'credit', exchange: this.#id, bytes });
  }

  #closed(code: number, reason: string): void {
    if (this.#over) return;
    if (!this.#opened) return this.fail('bad-device-response', 'the device broke off the handshake');
    this.#port.emit({ kind: 'ws-closed', exchange: this.#id, code, reason });
    this.abort();
  }

  #failed(error: Error): void {
    if (this.#opened) this.#closed(ABNORMAL, error.message);
    else this.fail('bad-device-response', error.message);
  }

  /** The device answered the handshake with an ordinary response: its head and the beginning of its body go to the caller. */
  #refused(response: IncomingMessage): void {
    readRefusal(
      response,
      (body) => this.#refuse(response, body),
      (error) => this.fail('bad-device-response', error.message),
    );
  }

  #refuse(response: IncomingMessage, body: Uint8Array): void {
    if (this.#over) return;
    this.#port.emit({
      kind: 'head',
      exchange: this.#id,
      status: response.statusCode ?? 502,
      reason: response.statusMessage ?? '',
      headers: endToEndHeaders(response.rawHeaders),
      contentLength: body.length,
      bodyless: false,
      complete: true,
      body,
    });
    this.abort();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#port.finished(this.#id);
  }
}
