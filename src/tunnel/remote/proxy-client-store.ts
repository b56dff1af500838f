// `ProxyClientStore` is api-server's view of the sessions of remote-proxy, which alone writes them.
import type {
  Handle,
  ProxyClient,
  SessionRange,
  SessionStore,
  Summary,
  TunnelStream,
  UserSessions,
} from '../../contract/session.js';
import {
  NotSupportedError,
  SessionExpiredError,
  SessionNotFoundError,
  unlessGone,
} from '../../contract/session-errors.js';
import type { TunnelKey } from '../../contract/tunnel-key.js';

/** The session store of api-server: it reads remote-proxy's sessions, and can close one. Only remote-proxy writes. */
export class ProxyClientStore implements SessionStore<SnapshotHandle> {
  readonly #client: ProxyClient;

  constructor(client: ProxyClient) {
    this.#client = client;
  }

  async lookup(token: TunnelKey): Promise<SnapshotHandle> {
    return this.handle(await this.#client.getSession(token));
  }

  /** The handle of a session that is known already; remote-proxy is not asked. */
  handle(summary: Summary): SnapshotHandle {
    return new SnapshotHandle(this.#client, summary);
  }

  async exists(token: TunnelKey): Promise<boolean> {
    try {
      await this.#client.getSession(token);
      return true;
    } catch (error) {
      // An expired session still exists, until it is swept.
      if (error instanceof SessionExpiredError) return true;
      if (error instanceof SessionNotFoundError) return false;
      throw error;
    }
  }

  async list(): Promise<Summary[]> {
    return (await this.#client.listSessions()).map((summary) => Object.freeze(summary));
  }

  /** The sessions of one user's devices, in the order of the devices' ids. */
  listOf(userId: string, range: SessionRange): Promise<Summary[]> {
    return this.#client.listSessionsOf(userId, range);
  }

  register(): Promise<never> {
    return Promise.reject(new NotSupportedError('register'));
  }

  unregister(): Promise<never> {
    return Promise.reject(new NotSupportedError('unregister'));
  }

  heartbeat(): Promise<never> {
    return Promise.reject(new NotSupportedError('heartbeat'));
  }

  cleanupExpired(): Promise<never> {
    return Promise.reject(new NotSupportedError('cleanupExpired'));
  }
}

/** A session as it was when it was looked up; the device's connection is in another process. */
export class SnapshotHandle implements Handle {
  readonly #client: ProxyClient;
  readonly #summary: Summary;
  #closed = false;

  constructor(client: ProxyClient, summary: Summary) {
    this.#client = client;
    this.#summary = Object.freeze(summary);
  }

  /** @throws NotSupportedError, always: calls go through a `Forwarder` */
  openStream(): Promise<TunnelStream> {
    return Promise.reject(new NotSupportedError('openStream'));
  }

  /** Closes the session with 'normal'; a session that is gone or was replaced counts as closed. */
  async close(): Promise<void> {
    if (this.#closed) return;
    await unlessGone(this.#client.closeSession(this.#summary.token, this.#summary.epoch));
    this.#closed = true;
  }

  /** Whether the session was closed through this handle; what the device did since is not known here. */
  isClosed(): boolean {
    return this.#closed;
  }

  summary(): Summary {
    return this.#summary;
  }

  /** @throws NotSupportedError, always: remote-proxy hears the heartbeats */
  recordHeartbeat(): void {
    throw new NotSupportedError('recordHeartbeat');
  }
}

/** The sessions of a user's devices, as the REST API asks for them. */
export class ProxyUserSessions implements UserSessions {
  readonly #store: ProxyClientStore;

  constructor(store: ProxyClientStore) {
    this.#store = store;
  }

  list(userId: string, range: SessionRange): Promise<Summary[]> {
    return this.#store.listOf(userId, range);
  }

  close(session: Summary): Promise<void> {
    return this.#store.handle(session).close();
  }
}
