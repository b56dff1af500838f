// HttpDevice is a device whose HTTP service the test writes.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Forwarder } from '../../../src/contract/call.js';
import type { BridgeForwarder } from '../../../src/contract/websocket.js';
import { Metrics } from '../../../src/observability/metrics.js';
import type { UnreadCounts } from '../../../src/tunnel/forward/unread-budget.js';
import { ProxyForwarder } from '../../../src/tunnel/remote/proxy-forwarder.js';
import { ProxyPool } from '../../../src/tunnel/remote/proxy-pool.js';
import { INTERNAL_SECRET, ProxyFixture, type TestDevice } from '../../support/proxy-fixture.js';
import { budgetOf } from './unread.js';

type Serve = (req: IncomingMessage, res: ServerResponse) => void;
type ServeSocket = (socket: WebSocket, req: IncomingMessage) => void;

/** A device whose HTTP service is the test's. */
export class HttpDevice {
  /** Answers requests; a test sets it. */
  serve: Serve = (_req, res) => res.end();
  /** Serves accepted WebSockets; a test sets it. */
  serveSocket: ServeSocket = () => {};
  /** Undefined: WebSockets are accepted; else they are answered with this, byte for byte. */
  refusal: string | undefined;
  /** The streams that are open, newest last. */
  readonly streams: Duplex[] = [];
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (offered) => [...offered].at(-1) ?? false,
  });
  #tunnel: TestDevice | undefined;

  constructor() {
    this.#server = createServer((req, res) => this.serve(req, res));
    this.#server.on('upgrade', (req, stream, head) => {
      if (this.refusal !== undefined) return stream.end(this.refusal);
      this.#sockets.handleUpgrade(req, stream, head, (socket) => this.serveSocket(socket, req));
    });
  }

  /** Dials as `name`. */
  async connect(fixture: ProxyFixture, name: string): Promise<this> {
    this.#tunnel = await fixture.rawDevice(name, (stream) => {
      this.streams.push(stream);
      this.#server.emit('connection', stream);
    });
    return this;
  }

  /** Ends its tunnel. */
  async close(): Promise<void> {
    await this.#tunnel?.close();
    this.#server.closeAllConnections();
  }
}

/** What the contract suites need of an implementation. */
export interface ForwarderUnderTest {
  readonly forwarder: Forwarder & BridgeForwarder;
  readonly fixture: ProxyFixture;
  /** A connected device. */
  readonly device: HttpDevice;
  /** What its budget counts. */
  readonly unread: UnreadCounts;
  close(): Promise<void>;
}

export type OpenForwarder = (
  options?: Parameters<typeof ProxyFixture.start>[0],
) => Promise<ForwarderUnderTest>;

export const DEVICE = { by: 'device', deviceId: 'camera' } as const;

async function fixtureWithDevice(options: Parameters<OpenForwarder>[0]) {
  const fixture = await ProxyFixture.start(options);
  return { fixture, device: await new HttpDevice().connect(fixture, 'camera') };
}

/** Calls by message to a session of this process. */
export const openLocal: OpenForwarder = async (options) => {
  const { fixture, device } = await fixtureWithDevice(options);
  return {
    fixture,
    device,
    forwarder: fixture.proxy.forwarder,
    unread: fixture.metrics,
    close: async () => {
      await device.close();
      await fixture.close();
    },
  };
};

/** Calls over the internal API; the bound of what may be unread is that of the caller's side. */
export const openOverProxy: OpenForwarder = async ({ unreadBytes, ...options } = {}) => {
  const { fixture, device } = await fixtureWithDevice(options);
  const unread = new Metrics();
  const pool = new ProxyPool({ url: fixture.internalUrl, secret: INTERNAL_SECRET });
  const forwarder = new ProxyForwarder({ pool, budget: budgetOf(unreadBytes, unread) });
  return {
    fixture,
    device,
    forwarder,
    unread,
    close: async () => {
      forwarder.close();
      await pool.close();
      await device.close();
      await fixture.close();
    },
  };
};

export const IMPLEMENTATIONS: readonly (readonly [string, OpenForwarder])[] = [
  ['LocalForwarder', openLocal],
  ['ProxyForwarder', openOverProxy],
];
