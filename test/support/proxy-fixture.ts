// ProxyFixture is the tunnel side of remote-proxy in this process, over a store in memory.
import { createServer, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { pino } from 'pino';
import { connectUrl, dial } from '../../src/agent/dial.js';
import { Tunnel } from '../../src/agent/tunnel.js';
import { provideCommon } from '../../src/cli/compose/common.js';
import { createContainer } from '../../src/cli/compose/provide.js';
import { T } from '../../src/cli/compose/tokens.js';
import { provideTunnelSide, startTunnelSide } from '../../src/cli/compose/tunnel-side.js';
import { starting } from '../../src/cli/process/lifecycle.js';
import type { ProxyConfig } from '../../src/config/types.js';
import type { ForwardFailure, ResponseHead, ResponseSink } from '../../src/contract/call.js';
import type { Exposition } from '../../src/observability/exposition.js';
import type { Logger } from '../../src/observability/log.js';
import type { Metrics } from '../../src/observability/metrics.js';
import { TUNNEL_DUTIES } from '../../src/server/readiness.js';
import type { RequestLog } from '../../src/server/request-log.js';
import type { UserId } from '../../src/store/ports/ids.js';
import { Secret } from '../../src/text/secret.js';
import type { TunnelStore } from '../../src/tunnel/node/tunnel-side.js';
import { defaultConfig } from '../../src/tunnel/yamux/config.js';
import { SILENT_REFUSALS } from './silent-refusals.js';
import { silentRequests } from './silent-requests.js';
import { TestStore } from './test-store.js';

/** The user who owns all devices of the fixture. */
export const OWNER = 'user' as UserId;

/** The internal secret of every fixture. */
export const INTERNAL_SECRET = new Secret('0123456789abcdef0123456789abcdef');

/** The outcome of a call. */
export type Outcome =
  | { readonly kind: 'answer'; readonly head: ResponseHead; readonly body: string }
  | { readonly kind: 'failed'; readonly failure: ForwardFailure; readonly head: ResponseHead | undefined };

/** A device in this process. */
export class TestDevice {
  readonly tunnel: Tunnel;
  readonly #release: () => void;

  constructor(tunnel: Tunnel, release: () => void) {
    this.tunnel = tunnel;
    this.#release = release;
  }

  async close(): Promise<void> {
    await this.tunnel.drain(0);
    this.#release();
  }
}

/** The options with which a test's fixture differs from the default. */
export interface FixtureOptions {
  readonly store?: TunnelStore;
  readonly exposition?: Exposition;
  readonly requests?: RequestLog;
  readonly log?: Logger;
  readonly maxTunnels?: number;
  readonly heartbeatMs?: number;
  readonly idleTimeoutMs?: number;
  readonly unreadBytes?: number;
  readonly headTimeoutMs?: number;
}

const ADDRESS = { host: '127.0.0.1', port: 0 };

const CONFIG: ProxyConfig = {
  log: { level: 'silent', format: 'json' },
  accessLog: false,
  dataDir: '/nowhere',
  databaseUrl: undefined,
  databasePool: 1,
  opsAddr: ADDRESS,
  tunnelAddr: ADDRESS,
  internalAddr: ADDRESS,
  internalSecret: INTERNAL_SECRET,
  trustedProxies: undefined,
  hosts: 1,
  maxTunnels: 1000,
  heartbeatMs: 15_000,
  idleTimeoutMs: 90_000,
  unreadBytes: 256 * 2 ** 20,
};

/** Starts the tunnel side as the product's composition does, but over a store in memory. */
function startProxy(options: FixtureOptions & { readonly store: TunnelStore }) {
  const {
    store,
    exposition,
    requests,
    headTimeoutMs,
    log = pino({ level: 'silent' }),
    ...settings
  } = options;
  const config = { ...CONFIG, ...settings };
  const c = createContainer();
  provideCommon(c, config, log, ['tunnels']);
  provideTunnelSide(c, config, TUNNEL_DUTIES);
  c.registerInstance(T.tunnelStore, store);
  c.registerInstance(T.refusals, SILENT_REFUSALS);
  c.registerInstance(T.requests, requests ?? silentRequests(c.resolve(T.metrics)));
  if (exposition !== undefined) c.registerInstance(T.exposition, exposition);
  if (headTimeoutMs !== undefined) {
    const { heartbeatMs, idleTimeoutMs } = config;
    c.registerInstance(T.sessionInit, { heartbeatMs, idleTimeoutMs, headTimeoutMs });
  }
  return starting(log, async (lifecycle) => {
    await startTunnelSide(c, lifecycle);
    return {
      metrics: c.resolve(T.metrics),
      store: c.resolve(T.registryStore),
      forwarder: c.resolve(T.forwarder),
      userSessions: c.resolve(T.userSessions),
      tunnelPort: c.resolve(T.tunnels).port,
      internalPort: c.resolve(T.internalApi).port,
      stop: () => lifecycle.stop(),
      drain: async (graceMs: number): Promise<number> => {
        const cut = await c.resolve(T.tunnelDrain).drain(graceMs);
        await lifecycle.stop();
        return cut;
      },
    };
  });
}

type RunningProxy = Awaited<ReturnType<typeof startProxy>>;

/** An in-process remote-proxy on free ports. */
export class ProxyFixture {
  readonly store: TestStore;
  readonly metrics: Metrics;
  readonly proxy: RunningProxy;

  private constructor(store: TestStore, proxy: RunningProxy) {
    this.store = store;
    this.metrics = proxy.metrics;
    this.proxy = proxy;
  }

  static async start(options: FixtureOptions = {}): Promise<ProxyFixture> {
    const store = await TestStore.open();
    return new ProxyFixture(store, await startProxy({ store, ...options }));
  }

  /** Connects a device named `name`, with its name as its token, through `port` if given; `answer` answers every request. */
  async device(
    name: string,
    answer: (path: string, res: ServerResponse) => void,
    port = this.proxy.tunnelPort,
  ): Promise<TestDevice> {
    const server = createServer((req, res) => answer(req.url ?? '', res));
    const serve = (stream: Duplex) => server.emit('connection', stream);
    return new TestDevice(await this.#tunnel(name, serve, port), () => server.close());
  }

  /** Connects a device named `name`; `serve` gets each stream raw. */
  async rawDevice(name: string, serve: (stream: Duplex) => void): Promise<TestDevice> {
    return new TestDevice(await this.#tunnel(name, serve, this.proxy.tunnelPort), () => {});
  }

  async #tunnel(name: string, serve: (stream: Duplex) => void, port: number): Promise<Tunnel> {
    this.store.addCredential(OWNER, name, name);
    const url = connectUrl(new URL(`ws://127.0.0.1:${port}`));
    const dialled = await dial(url, name, new AbortController().signal);
    if (dialled.kind !== 'open') throw new Error(`${name} was not let in: ${JSON.stringify(dialled)}`);
    return new Tunnel(dialled.socket, {
      service: (stream) => {
        // Many tests reset streams, so these errors are dropped.
        stream.on('error', () => {});
        serve(stream);
      },
      clock: { now: () => performance.now() },
      yamux: defaultConfig,
    });
  }

  /** The URL of its internal API. */
  get internalUrl(): URL {
    return new URL(`http://127.0.0.1:${this.proxy.internalPort}`);
  }

  /** Makes one call without a body. */
  call(deviceId: string, target = '/', method = 'GET'): Promise<Outcome> {
    return new Promise((resolve) => {
      const sink = new Collector(resolve);
      const request = { method, target, headers: ['host', 'device'], bodyLength: 0 };
      sink.consume = this.proxy.forwarder.forward({ by: 'device', deviceId }, request, sink);
    });
  }

  async close(): Promise<void> {
    await this.proxy.stop();
    await this.store.close();
  }
}

class Collector implements ResponseSink {
  consume: { consumed(bytes: number): void } | undefined;
  #head: ResponseHead | undefined;
  #body = '';
  readonly #done: (outcome: Outcome) => void;

  constructor(done: (outcome: Outcome) => void) {
    this.#done = done;
  }

  head(head: ResponseHead, body: Uint8Array, complete: boolean): void {
    this.#head = head;
    this.data(body);
    if (complete) this.end();
  }

  data(chunk: Uint8Array): void {
    this.#body += Buffer.from(chunk).toString('latin1');
    this.consume?.consumed(chunk.length);
  }

  end(): void {
    if (this.#head !== undefined) this.#done({ kind: 'answer', head: this.#head, body: this.#body });
  }

  fail(failure: ForwardFailure): void {
    this.#done({ kind: 'failed', failure, head: this.#head });
  }

  credit(): void {}
}
