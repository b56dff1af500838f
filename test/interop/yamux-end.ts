// YamuxEnd is our multiplexer over a WebSocket to hashicorp/yamux.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { GoDevice, type GoWireOptions } from '../../bench/peers/go-device.js';
import { MessageWriter } from '../../src/agent/message-writer.js';
import { type Config, makeConfig } from '../../src/tunnel/yamux/config.js';
import type {
  MuxSession,
  MuxStream,
  Role,
  SessionHandler,
  StreamHandler,
} from '../../src/tunnel/yamux/contract.js';
import { StreamDuplex } from '../../src/tunnel/yamux/duplex.js';
import { createSession } from '../../src/tunnel/yamux/session.js';
import { behave } from './behave.js';
import { requireGo } from './require-go.js';

/** More than the keepalive interval, so that the next tick sends a ping. */
const SILENCE_MS = 60_000;

/** Events that a test waits for. */
type Notice = 'openable' | 'roundTrip' | 'goneAway';

/** Our multiplexer over a WebSocket to hashicorp/yamux; it does what the streams of the peer ask for. */
export class YamuxEnd implements SessionHandler {
  readonly session: MuxSession;
  readonly go: GoDevice;
  /** What becomes of a stream of the peer. */
  accept: (stream: MuxStream) => StreamHandler | undefined = (stream) => {
    const duplex = StreamDuplex.accept(stream);
    // The peer reports what went wrong with a stream of its own.
    behave(duplex).catch((error) => duplex.destroy(error));
    return duplex.handler;
  };
  readonly #writer: MessageWriter;
  #skippedMs = 0;
  readonly #waiting = new Map<Notice, (value: unknown) => void>();

  constructor(socket: WebSocket, role: Role, config: Config, go: GoDevice) {
    this.go = go;
    this.session = createSession(role, this, this.#now(), config);
    this.#writer = new MessageWriter(socket, this.session, () => {
      if (this.session.isClosed) socket.close(1000);
    });
    socket.on('message', (data: Buffer) => this.session.receive(data, this.#now()));
  }

  open(): StreamDuplex {
    const duplex = StreamDuplex.open(this.session);
    assert.ok(duplex, 'a stream opens');
    return duplex;
  }

  /** The next event of that name. */
  next(event: Notice): Promise<unknown> {
    return new Promise((resolve) => this.#waiting.set(event, resolve));
  }

  /** A ping of ours. Frames keep their order, so the peer has read all that was sent before. @returns ms */
  async ping(): Promise<number> {
    const answered = this.next('roundTrip');
    // What waits is sent first: output that waits for as long as we now skip is a fault.
    while (this.session.pending > 0) await new Promise(setImmediate);
    this.#skippedMs += SILENCE_MS;
    this.session.tick(this.#now());
    return Number(await answered);
  }

  stop(): void {
    this.#writer.stop();
  }

  output(): void {
    this.#writer.schedule();
  }
  incoming(stream: MuxStream): StreamHandler | undefined {
    return this.accept(stream);
  }
  openable(): void {
    this.#waiting.get('openable')?.(undefined);
  }
  roundTrip(ms: number): void {
    this.#waiting.get('roundTrip')?.(ms);
  }
  goneAway(): void {
    this.#waiting.get('goneAway')?.(undefined);
  }
  closed(): void {
    this.#writer.schedule();
  }

  #now(): number {
    return performance.now() + this.#skippedMs;
  }
}

/** How the two ends are set up. */
export interface Setup {
  /** Our role; the peer has the other one. */
  readonly role: Role;
  readonly config?: Partial<Config>;
  readonly go?: Partial<Omit<GoWireOptions, 'wire' | 'role' | 'url'>>;
  /** Every byte of ours a message of its own. */
  readonly oneByte?: boolean;
}

/** Connects hashicorp/yamux to our end. @returns undefined when the test was skipped for want of Go */
export async function connect(
  t: TestContext,
  { role, config = {}, go = {}, oneByte = false }: Setup,
): Promise<YamuxEnd | undefined> {
  const program = await requireGo(t);
  if (program === undefined) return undefined;
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  t.after(() => server.close());
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const peerRole = role === 'server' ? 'client' : 'server';
  const device = new GoDevice(program, { wire: 'dial', role: peerRole, url, keepalive: '0', ...go });
  t.after(() => device.stop());
  const [socket]: WebSocket[] = await once(server, 'connection');
  assert.ok(socket);
  t.after(() => socket.terminate());
  const end = new YamuxEnd(oneByte ? splitting(socket) : socket, role, makeConfig(config), device);
  t.after(() => end.stop());
  await device.next('connected');
  return end;
}

/** The same socket, but each byte sent is a message. */
function splitting(socket: WebSocket): WebSocket {
  const send = (message: Buffer, done: () => void): void => {
    for (let at = 0; at < message.length - 1; at++) socket.send(message.subarray(at, at + 1));
    socket.send(message.subarray(-1), done);
  };
  return Object.create(socket, { send: { value: send } });
}
