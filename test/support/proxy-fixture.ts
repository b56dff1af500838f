import { createServer, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { pino } from 'pino';
import { connectUrl, dial } from '../../src/agent/dial.js';
import { Tunnel } from '../../src/agent/tunnel.js';
import type { ForwardFailure, ResponseHead, ResponseSink } from '../../src/contract/call.js';
import { expose } from '../../src/observability/exposition.js';
import { Metrics } from '../../src/observability/metrics.js';
import { TUNNEL_DUTIES } from '../../src/server/readiness.js';
import type { UserId } from '../../src/store/ports/ids.js';
import { Secret } from '../../src/text/secret.js';
import { RemoteProxy, type RemoteProxyOptions } from '../../src/tunnel/node/remote-proxy.js';
import { defaultConfig } from '../../src/tunnel/yamux/config.js';
import { SILENT_REFUSALS } from './silent-refusals.js';
import { silentRequests } from './silent-requests.js';
import { TestStore } from './test-store.js';

/** Whose all devices are. */
export const OWNER = 'user' as UserId;

/** The internal secret of every fixture. */
export const INTERNAL_SECRET = new Secret('0123456789abcdef0123456789abcdef');

/** What came back of a call. */
export type Outcome =
  | { readonly kind: 'answer'; readonly head: ResponseHead; readonly body: string }
  | { readonly kind: 'failed'; readonly failure: ForwardFailure; readonly head: ResponseHead | undefined };

/** A device of this process. */
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

/** An in-process remote-proxy on free ports. */
export class ProxyFixture {
  readonly store: TestStore;
  readonly metrics: Metrics;
  readonly proxy: RemoteProxy;

  private constructor(store: TestStore, metrics: Metrics, proxy: RemoteProxy) {
    this.store = store;
    this.metrics = metrics;
    this.proxy = proxy;
  }

  static async start(options: Partial<RemoteProxyOptions> = {}): Promise<ProxyFixture> {
    const store = await TestStore.open();
    const metrics = new Metrics();
    const address = { host: '127.0.0.1', port: 0 };
    const proxy = await RemoteProxy.start({
      tunnelAddr: address,
      internalAddr: address,
      internalSecret: INTERNAL_SECRET,
      duties: TUNNEL_DUTIES,
      nodeId: 'node',
      hosts: 1,
      maxTunnels: 1000,
      heartbeatMs: 15_000,
      idleTimeoutMs: 90_000,
      unreadBytes: 256 * 2 ** 20,
      store,
      metrics,
      exposition: expose(metrics, ['tunnels']),
      requests: silentRequests(metrics),
      refusals: SILENT_REFUSALS,
      log: pino({ level: 'silent' }),
      ...options,
    });
    return new ProxyFixture(store, metrics, proxy);
  }

  /** Dials as `name`, by a token that is its name, through `port` if given; every request is answered by `answer`. */
  async device(
    name: string,
    answer: (path: string, res: ServerResponse) => void,
    port = this.proxy.tunnelPort,
  ): Promise<TestDevice> {
    const server = createServer((req, res) => answer(req.url ?? '', res));
    const serve = (stream: Duplex) => server.emit('connection', stream);
    return new TestDevice(await this.#tunnel(name, serve, port), () => server.close());
  }

  /** Dials as `name`; `serve` gets each stream as it is. */
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
        // Many tests reset streams; whoever serves them need not hear of it.
        stream.on('error', () => {});
        serve(stream);
      },
      clock: { now: () => performance.now() },
      yamux: defaultConfig,
    });
  }

  /** Where its internal API is. */
  get internalUrl(): URL {
    return new URL(`http://127.0.0.1:${this.proxy.internalPort}`);
  }

  /** One call without a body. */
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
