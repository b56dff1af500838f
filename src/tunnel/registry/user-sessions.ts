// `LocalUserSessions` gives the sessions that a user's devices have in this process.
import type { SessionRange, SessionStore, Summary, UserSessions } from '../../contract/session.js';
import { SessionNotFoundError, unlessGone } from '../../contract/session-errors.js';
import type { TunnelKey } from '../../contract/tunnel-key.js';
import { REGISTRY_ASK_MS, type SessionRegistryRef } from './session-registry.js';

/** Lists a user's sessions by questions to the session registry. */
export class LocalUserSessions implements UserSessions {
  readonly #registry: SessionRegistryRef;
  readonly #store: SessionStore;

  constructor(registry: SessionRegistryRef, store: SessionStore) {
    this.#registry = registry;
    this.#store = store;
  }

  list(userId: string, range: SessionRange): Promise<Summary[]> {
    return this.#registry.ask('sessionsOf', { userId, range }, REGISTRY_ASK_MS);
  }

  close({ token, epoch }: Summary): Promise<void> {
    return unlessGone(closeSession(this.#store, token, epoch));
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
