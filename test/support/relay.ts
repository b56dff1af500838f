// Relay is the cloud's end for tests of devices.
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Config } from '../../src/tunnel/yamux/config.js';
import { RelayTunnel } from './relay-tunnel.js';

/** An HTTP answer that refuses a tunnel. */
export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The options of a relay. */
export interface RelayOptions {
  /** The port; 0: any free one. */
  readonly port?: number;
  /** Decides about a dial: a refusal, or undefined to accept. */
  readonly decide?: (request: IncomingMessage) => Refusal | undefined;
  readonly yamux?: Partial<Config>;
}

/** The cloud's end for tests of devices: it accepts tunnels, opens streams, and keeps no state between tunnels. */
export class Relay {
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #options: RelayOptions;
  readonly #events = new EventEmitter();
  readonly #tunnels = new Set<RelayTunnel>();
  readonly #waiting: RelayTunnel[] = [];
  /** The number of dials so far, including refused ones. */
  dials = 0;

  static async start(options: RelayOptions = {}): Promise<Relay> {
    const relay = new Relay(options);
    relay.#server.listen(options.port ?? 0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  private constructor(options: RelayOptions) {
    this.#options = options;
    this.#server = createServer((_request, response) => response.writeHead(426).end());
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: 16 << 20, perMessageDeflate: false });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The URL that a device is told to dial. */
  get url(): URL {
    return new URL(`ws://127.0.0.1:${this.port}`);
  }

  /** Waits for the next tunnel that no caller has taken yet, in order of arrival. */
  async tunnel(): Promise<RelayTunnel> {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) return waiting;
    await once(this.#events, 'tunnel');
    return this.tunnel();
  }

  /** Resolves once there were `count` dials, including refused ones. */
  async dialled(count: number): Promise<void> {
    while (this.dials < count) await once(this.#events, 'dial');
  }

  /** Ends all connections at once, as a crash does: without close frames. */
  async close(): Promise<void> {
    const tunnels = [...this.#tunnels];
    for (const tunnel of tunnels) tunnel.cut();
    await Promise.all(tunnels.map((tunnel) => tunnel.closed));
    this.#server.close();
    this.#server.closeAllConnections();
    if (this.#server.listening) await once(this.#server, 'close');
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.dials++;
    const refusal = this.#options.decide?.(request);
    if (refusal !== undefined) refuse(socket, refusal);
    else {
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const tunnel = new RelayTunnel(webSocket, request, this.#options.yamux ?? {});
        this.#tunnels.add(tunnel);
        void tunnel.closed.then(() => this.#tunnels.delete(tunnel));
        this.#waiting.push(tunnel);
        this.#events.emit('tunnel');
      });
    }
    this.#events.emit('dial');
  }
}

function refuse(socket: Duplex, { status, headers = {} }: Refusal): void {
  const fields = Object.entries({ Connection: 'close', 'Content-Length': '0', ...headers });
  socket.end(
    `HTTP/1.1 ${status} Refused\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
  );
}
