// `RegistryStore` is remote-proxy's session store: each of its operations is a question to the session registry.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SessionStore, Summary } from '../../contract/session.js';
import type { TunnelKey } from '../../contract/tunnel-key.js';
import type { TunnelSession } from '../session/main/tunnel-session.js';
import { REGISTRY_ASK_MS, type SessionRegistryRef, SLICE } from './session-registry.js';

/** The `SessionStore` of this process. */
export class RegistryStore implements SessionStore<TunnelSession> {
  readonly #registry: SessionRegistryRef;

  constructor(registry: SessionRegistryRef) {
    this.#registry = registry;
  }

  register(token: TunnelKey, session: TunnelSession): Promise<void> {
    return this.#registry.ask('register', { token, session }, REGISTRY_ASK_MS);
  }

  unregister(token: TunnelKey, session?: TunnelSession): Promise<void> {
    return this.#registry.ask('unregister', { token, session }, REGISTRY_ASK_MS);
  }

  lookup(token: TunnelKey): Promise<TunnelSession> {
    return this.#registry.ask('lookup', token, REGISTRY_ASK_MS);
  }

  exists(token: TunnelKey): Promise<boolean> {
    return this.#registry.ask('exists', token, REGISTRY_ASK_MS);
  }

  async list(): Promise<Summary[]> {
    const sessions = await this.#registry.ask('sessions', undefined, REGISTRY_ASK_MS);
    const summaries = await inSlices(sessions, (slice) =>
      slice.filter((session) => !session.isClosed()).map((session) => session.summary()),
    );
    return summaries.flat();
  }

  heartbeat(token: TunnelKey): Promise<void> {
    return this.#registry.ask('heartbeat', token, REGISTRY_ASK_MS);
  }

  async cleanupExpired(expireAfterMs: number): Promise<number> {
    let removed = 0;
    for (;;) {
      const slice = await this.#registry.ask('cleanupExpired', expireAfterMs, REGISTRY_ASK_MS);
      removed += slice;
      if (slice < SLICE) return removed;
      await nextTurn();
    }
  }
}

/** Handles all items, {@link SLICE} of them in a turn of the event loop, so that others have their turns in between. */
export async function inSlices<T, R>(items: readonly T[], handle: (slice: readonly T[]) => R): Promise<R[]> {
  const handled: R[] = [];
  for (let from = 0; from < items.length; from += SLICE) {
    if (from > 0) await nextTurn();
    handled.push(handle(items.slice(from, from + SLICE)));
  }
  return handled;
}
