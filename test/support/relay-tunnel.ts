// RelayTunnel is one device's tunnel as the relay of a device's tests sees it.
import { type ClientRequest, type IncomingMessage, type RequestOptions, request as send } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { type Config, makeConfig } from '../../src/tunnel/yamux/config.js';
import type { MuxSession } from '../../src/tunnel/yamux/contract.js';
import { StreamDuplex } from '../../src/tunnel/yamux/duplex.js';
import { createSession } from '../../src/tunnel/yamux/session.js';

/** An answer that was read whole. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly trailers: IncomingMessage['trailers'];
  readonly body: Buffer;
}

/** One device's tunnel, seen from the cloud: the yamux server. */
export class RelayTunnel {
  /** The upgrade request, with its path and headers. */
  readonly request: IncomingMessage;
  /** Resolves with the close code and reason when the socket is gone. */
  readonly closed: Promise<{ code: number; reason: string }>;
  /** Resolves when the device has sent GoAway(0). */
  readonly goneAway: Promise<void>;
  readonly session: MuxSession;
  readonly #socket: WebSocket;
  #scheduled = false;

  constructor(socket: WebSocket, request: IncomingMessage, yamux: Partial<Config>) {
    this.#socket = socket;
    this.request = request;
    let goneAway = (): void => {};
    this.goneAway = new Promise((resolve) => {
      goneAway = resolve;
    });
    this.session = createSession(
      'server',
      {
        output: () => this.#schedule(),
        incoming: () => undefined,
        openable() {},
        roundTrip() {},
        goneAway,
        closed: () => this.#schedule(),
      },
      performance.now(),
      makeConfig(yamux),
    );
    socket.on('message', (data: Buffer) => this.session.receive(data, performance.now()));
    socket.on('error', () => socket.terminate());
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.session.close();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Opens a raw stream. A stream that outlives its test is reset at the end, and that error is dropped. */
  open(): Duplex {
    const stream = StreamDuplex.open(this.session);
    if (stream === undefined) throw new Error('the session opens no stream');
    stream.on('error', () => {});
    return stream;
  }

  /** Starts an HTTP request on a stream of its own. If the test ends it, the error is dropped, as with `open`. */
  send(path: string, options: RequestOptions = {}): ClientRequest {
    const headers = { Host: 'device', ...options.headers };
    return send({ path, ...options, headers, createConnection: () => this.open() }).on('error', () => {});
  }

  /** Sends a request and reads its whole answer. */
  fetch(path: string, options: RequestOptions & { body?: Uint8Array | string } = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const request = this.send(path, options);
      request.once('error', reject);
      request.once('response', (response) => {
        readReply(response).then(resolve, reject);
      });
      request.end(options.body);
    });
  }

  /** Sends raw bytes as one WebSocket message; a string becomes a text message. */
  sendRaw(message: Uint8Array | string): void {
    this.#socket.send(message);
  }

  /** Closes with a code, as the relay does when it knows the reason. */
  close(code: number, reason = ''): void {
    this.#socket.close(code, reason);
  }

  /** Ends the TCP connection without a close frame. */
  cut(): void {
    this.#socket.terminate();
  }

  /** Reads nothing more from the device, so that TCP pushes back. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const message = Buffer.allocUnsafe(64 << 10);
    const length = this.session.pull(message, 0, message.length);
    if (length === 0 || this.#socket.readyState !== this.#socket.OPEN) return;
    // The next message is taken when this one is written, so that the relay's unsent bytes stay in the session.
    this.#socket.send(message.subarray(0, length), () => this.#schedule());
  }
}

async function readReply(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const { statusCode = 0, headers, trailers } = response;
  return { status: statusCode, headers, trailers, body: Buffer.concat(chunks) };
}
