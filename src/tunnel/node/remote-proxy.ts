import type { BlockList } from 'node:net';
import type { RefusalAudit } from '../../audit/refusal-audit.js';
import type { Address } from '../../net/address.js';
import type { Exposition } from '../../observability/exposition.js';
import type { Logger } from '../../observability/log.js';
import type { Metrics } from '../../observability/metrics.js';
import { CallRecorder } from '../../server/call-recorder.js';
import { type Duties, type Missing, Readiness } from '../../server/readiness.js';
import type { RequestLog } from '../../server/request-log.js';
import { TrustedProxies } from '../../server/trusted-proxies.js';
import type { StoreClient } from '../../store/client/store-client.js';
import type { AdmissionPort, RefusalPort } from '../../store/ports/admission.js';
import type { Changes } from '../../store/ports/changes.js';
import type { DeviceEventPort } from '../../store/ports/devices.js';
import type { Secret } from '../../text/secret.js';
import { LocalForwarder } from '../forward/local-forwarder.js';
import { UnreadBudget } from '../forward/unread-budget.js';
import { InternalApi } from '../internal/internal-api.js';
import { AdmissionControl } from '../listener/admission.js';
import { OfflineRecorder } from '../listener/offline-recorder.js';
import { RefusedDials } from '../listener/refused-dials.js';
import { Revocations } from '../listener/revocations.js';
import { TunnelListener } from '../listener/tunnel-listener.js';
import { REGISTRY_ASK_MS } from '../registry/session-registry.js';
import { LocalUserSessions } from '../registry/user-sessions.js';
import { SessionPlane } from './session-plane.js';

/** How long closing devices may take to get their GoAway and close code. */
const CLOSE_GRACE_MS = 1000;
const STOP_MS = 10_000;
const HEAD_TIMEOUT_MS = 30_000;

/** The part of the store that remote-proxy uses. */
export interface ProxyStore extends AdmissionPort, DeviceEventPort, RefusalPort {
  /** What of it cannot be used now. */
  readonly missing: StoreClient['missing'];
  onChanges(listener: (changes: Changes) => void): () => void;
}

export interface RemoteProxyOptions {
  readonly tunnelAddr: Address;
  readonly internalAddr: Address;
  readonly internalSecret: Secret;
  /** Proxies before the tunnels whose X-Forwarded-For is believed. Default: none. */
  readonly trustedProxies?: BlockList | undefined;
  /** What the process is there for, which decides when it is unready. */
  readonly duties: Duties;
  readonly nodeId: string;
  readonly hosts: number;
  /** Tunnels there may be at once. */
  readonly maxTunnels: number;
  readonly heartbeatMs: number;
  readonly idleTimeoutMs: number;
  /** What callers may leave unread of what devices answer. */
  readonly unreadBytes: number;
  /** How long a device may take to begin its answer. Default 30 s. */
  readonly headTimeoutMs?: number;
  readonly store: ProxyStore;
  readonly metrics: Metrics;
  readonly exposition: Exposition;
  readonly requests: RequestLog;
  readonly refusals: Pick<RefusalAudit, 'record'>;
  readonly log: Logger;
}

/** The tunnel side of the product: sessions, the listener that devices dial, and the internal API. */
export class RemoteProxy {
  readonly forwarder: LocalForwarder;
  readonly calls: CallRecorder;
  /** Whether the tunnel side can serve. */
  readonly readiness: Readiness;
  /** The sessions of each user's devices. */
  readonly userSessions: LocalUserSessions;
  readonly #options: RemoteProxyOptions;
  readonly #plane: SessionPlane;
  readonly #forgetChanges: () => void;
  #tunnels: TunnelListener | undefined;
  #internal: InternalApi | undefined;

  private constructor(options: RemoteProxyOptions) {
    const { store, metrics, log } = options;
    this.#options = options;
    this.readiness = new Readiness(options.duties, () => Promise.resolve(this.#missing()));
    this.#plane = new SessionPlane(options);
    this.calls = new CallRecorder(metrics);
    this.userSessions = new LocalUserSessions(this.#plane.sessions, this.#plane.store);
    const budget = new UnreadBudget({ bytes: options.unreadBytes, counts: metrics, log });
    this.forwarder = new LocalForwarder(this.#plane.sessions, budget, () => {
      metrics.retries += 1;
    });
    metrics.hosts = () => this.#plane.hosts.samples();
    const revocations = new Revocations(store, this.#plane.sessions, log);
    this.#forgetChanges = store.onChanges((changes) => revocations.changed(changes));
  }

  /** Sessions first, then the internal API, then the devices' door. @throws ListenError, HostStartError */
  static async start(options: RemoteProxyOptions): Promise<RemoteProxy> {
    const proxy = new RemoteProxy(options);
    try {
      await proxy.#plane.start();
      proxy.#internal = await proxy.#startInternal();
      proxy.#tunnels = await proxy.#startTunnels();
      return proxy;
    } catch (error) {
      await proxy.stop();
      throw error;
    }
  }

  /** Resolves when the supervision tree has given up. */
  get exited() {
    return this.#plane.exited;
  }

  get store() {
    return this.#plane.store;
  }

  get tunnelPort(): number {
    return this.#tunnels?.port ?? 0;
  }

  get internalPort(): number {
    return this.#internal?.port ?? 0;
  }

  #missing(): Missing {
    const { reads, writes } = this.#options.store.missing;
    const hosts = this.#plane.hosts.live === 0 ? 'overloaded' : undefined;
    const dials = writes ?? hosts;
    return {
      ...(reads && { reads }),
      ...(writes && { writes }),
      ...(hosts && { 'device-calls': hosts }),
      ...(dials && { dials }),
    };
  }

  /**
   * Unready first; devices and callers of WebSockets are told, calls finish, but in no more than `graceMs`, tunnels close with 1001, then everything
   * stops.
   * @returns how many calls and WebSockets were cut
   */
  async drain(graceMs: number): Promise<number> {
    this.readiness.drain();
    this.#tunnels?.drain();
    await this.#plane.sessions.ask('goAway', undefined, REGISTRY_ASK_MS);
    this.#internal?.drain();
    const cut = await this.calls.idle(graceMs);
    this.#internal?.stopAccepting();
    await this.#plane.sessions.ask('closeAll', 'draining', REGISTRY_ASK_MS);
    await Promise.all([this.#tunnels?.empty(CLOSE_GRACE_MS), this.calls.idle(CLOSE_GRACE_MS)]);
    await this.stop();
    return cut;
  }

  /** Ends at once. */
  async stop(): Promise<void> {
    this.#forgetChanges();
    this.#tunnels?.close();
    this.#internal?.close();
    await this.#plane.stop(STOP_MS);
  }

  #startInternal(): Promise<InternalApi> {
    const { internalAddr, internalSecret, exposition, requests } = this.#options;
    return InternalApi.start({
      address: internalAddr,
      secret: internalSecret,
      store: this.#plane.store,
      userSessions: this.userSessions,
      forwarder: this.forwarder,
      calls: this.calls,
      requests,
      readiness: this.readiness,
      metrics: async () => ({ contentType: exposition.contentType, body: await exposition.text() }),
    });
  }

  #startTunnels(): Promise<TunnelListener> {
    const {
      tunnelAddr,
      trustedProxies,
      nodeId,
      heartbeatMs,
      idleTimeoutMs,
      headTimeoutMs,
      maxTunnels,
      refusals,
      store,
      metrics,
      log,
    } = this.#options;
    return TunnelListener.start({
      address: tunnelAddr,
      proxies: new TrustedProxies(trustedProxies),
      nodeId,
      session: { heartbeatMs, idleTimeoutMs, headTimeoutMs: headTimeoutMs ?? HEAD_TIMEOUT_MS },
      admission: new AdmissionControl(store),
      offline: new OfflineRecorder(store, log),
      refused: new RefusedDials({ store, refusals, log }),
      hosts: this.#plane.hosts,
      maxTunnels,
      store: this.#plane.store,
      metrics,
      log,
    });
  }
}
