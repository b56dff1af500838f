import type {
  ProxyClient,
  SessionRange,
  SessionStore,
  Summary,
  TunnelKey,
  UserSessions,
} from '../../contract/session.js';
import { SessionExpiredError, SessionNotFoundError } from '../../contract/session-errors.js';
import type { SessionRegistryRef } from './session-registry.js';

/** The supervisor lives in this thread and never waits: an answer later than this means that it is gone. */
const ASK_TIMEOUT_MS = 5000;

/** The sessions of this process. */
export class LocalUserSessions implements UserSessions {
  readonly #supervisor: SessionRegistryRef;
  readonly #store: SessionStore;

  constructor(supervisor: SessionRegistryRef, store: SessionStore) {
    this.#supervisor = supervisor;
    this.#store = store;
  }

  list(userId: string, range: SessionRange): Promise<Summary[]> {
    return this.#supervisor.ask('sessionsOf', { userId, range }, ASK_TIMEOUT_MS);
  }

  close({ token, epoch }: Summary): Promise<void> {
    return unlessGone(closeSession(this.#store, token, epoch));
  }
}

/** The sessions of remote-proxy. */
export class ProxyUserSessions implements UserSessions {
  readonly #client: ProxyClient;

  constructor(client: ProxyClient) {
    this.#client = client;
  }

  list(userId: string, range: SessionRange): Promise<Summary[]> {
    return this.#client.listSessionsOf(userId, range);
  }

  close({ token, epoch }: Summary): Promise<void> {
    return unlessGone(this.#client.closeSession(token, epoch));
  }
}

/**
 * Closes a session of this process.
 * @param epoch only the session of this epoch: a newer one of the same device stays
 * @throws SessionNotFoundError, SessionExpiredError
 */
export async function closeSession(store: SessionStore, token: TunnelKey, epoch?: number): Promise<void> {
  const handle = await store.lookup(token);
  if (epoch !== undefined && handle.summary().epoch !== epoch) throw new SessionNotFoundError();
  await store.unregister(token, handle);
  await handle.close('normal');
}

/** An expired session is closed by the sweeper. */
async function unlessGone(closed: Promise<void>): Promise<void> {
  try {
    await closed;
  } catch (error) {
    if (!(error instanceof SessionNotFoundError || error instanceof SessionExpiredError)) throw error;
  }
}
