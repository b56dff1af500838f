// ScriptedDevice is a device whose test writes each answer byte by byte.
import { type ClientOptions, WebSocket } from 'ws';
import { MessageWriter } from '../../../src/agent/message-writer.js';
import type { MuxSession, MuxStream, StreamHandler } from '../../../src/tunnel/yamux/contract.js';
import { StreamDuplex } from '../../../src/tunnel/yamux/duplex.js';
import { createSession } from '../../../src/tunnel/yamux/session.js';
import { DeviceStream } from './device-stream.js';

/** The error of a dial that was refused. */
export class DialRefused extends Error {
  override readonly name = 'DialRefused';
  readonly status: number;
  readonly retryAfter: string | undefined;

  constructor(status: number, retryAfter: string | undefined) {
    super(`the dial was answered ${status}`);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** The close frame that a device got; its code is 1006 if there was none. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A device that does exactly what its test says: the test writes the answer on each stream, byte by byte. */
export class ScriptedDevice {
  readonly socket: WebSocket;
  readonly session: MuxSession;
  readonly closed: Promise<Closed>;
  /** Resolves when the relay has sent GoAway. */
  readonly goneAway: Promise<void>;
  readonly #streams: DeviceStream[] = [];
  readonly #waiting: ((stream: DeviceStream) => void)[] = [];
  #goneAway = (): void => {};

  private constructor(socket: WebSocket) {
    this.socket = socket;
    this.goneAway = new Promise((resolve) => {
      this.#goneAway = resolve;
    });
    let writer: MessageWriter | undefined;
    this.session = createSession(
      'client',
      {
        output: () => writer?.schedule(),
        incoming: (stream) => this.#incoming(stream),
        openable() {},
        roundTrip() {},
        goneAway: () => this.#goneAway(),
        closed() {},
      },
      performance.now(),
    );
    writer = new MessageWriter(socket, this.session, () => {});
    socket.on('message', (data: Buffer) => this.session.receive(data, performance.now()));
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.session.close();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Dials. @param options the options of its connection @throws DialRefused */
  static connect(url: string, token: string, options: ClientOptions = {}): Promise<ScriptedDevice> {
    const socket = dial(url, { Authorization: `Bearer ${token}` }, options);
    return new Promise((resolve, reject) => {
      socket.once('upgrade', () => resolve(new ScriptedDevice(socket)));
      socket.once('unexpected-response', (_request, response) => {
        reject(new DialRefused(response.statusCode ?? 0, response.headers['retry-after']));
        response.destroy();
      });
      socket.on('error', reject);
    });
  }

  /** Waits for the next stream that the relay opens. */
  stream(): Promise<DeviceStream> {
    const ready = this.#streams.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Waits for the next stream, with the head of its request. */
  async request(): Promise<{ stream: DeviceStream; head: string }> {
    const stream = await this.stream();
    return { stream, head: await stream.head() };
  }

  /** Breaks the connection as a power cut nearby does. */
  drop(): void {
    this.socket.terminate();
  }

  async close(): Promise<void> {
    this.socket.close(1000);
    await this.closed;
  }

  #incoming(stream: MuxStream): StreamHandler {
    const duplex = StreamDuplex.accept(stream);
    const accepted = new DeviceStream(duplex);
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#streams.push(accepted);
    else waiting(accepted);
    return duplex.handler;
  }
}

/** Opens a WebSocket to the tunnel listener, for tests that speak below yamux. */
export function dial(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  options: ClientOptions = {},
): WebSocket {
  return new WebSocket(url, { ...options, headers, perMessageDeflate: false });
}
