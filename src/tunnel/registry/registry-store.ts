import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SessionStore, Summary, TunnelKey } from '../../contract/session.js';
import type { TunnelSession } from '../session/main/tunnel-session.js';
import type { SessionRegistryRef } from './session-registry.js';
import { inSlices, SLICE } from './slices.js';

/** The supervisor lives in this thread and never waits: an answer later than this means that it is gone. */
const ASK_TIMEOUT_MS = 5000;

/** remote-proxy's session store: every operation is a message to the session registry. */
export class RegistryStore implements SessionStore<TunnelSession> {
  readonly #supervisor: SessionRegistryRef;

  constructor(supervisor: SessionRegistryRef) {
    this.#supervisor = supervisor;
  }

  register(token: TunnelKey, session: TunnelSession): Promise<void> {
    return this.#supervisor.ask('register', { token, session }, ASK_TIMEOUT_MS);
  }

  unregister(token: TunnelKey, session?: TunnelSession): Promise<void> {
    return this.#supervisor.ask('unregister', { token, session }, ASK_TIMEOUT_MS);
  }

  lookup(token: TunnelKey): Promise<TunnelSession> {
    return this.#supervisor.ask('lookup', token, ASK_TIMEOUT_MS);
  }

  exists(token: TunnelKey): Promise<boolean> {
    return this.#supervisor.ask('exists', token, ASK_TIMEOUT_MS);
  }

  async list(): Promise<Summary[]> {
    const sessions = await this.#supervisor.ask('sessions', undefined, ASK_TIMEOUT_MS);
    const summaries = await inSlices(sessions, (slice) =>
      slice.filter((session) => !session.isClosed()).map((session) => session.summary()),
    );
    return summaries.flat();
  }

  heartbeat(token: TunnelKey): Promise<void> {
    return this.#supervisor.ask('heartbeat', token, ASK_TIMEOUT_MS);
  }

  async cleanupExpired(expireAfterMs: number): Promise<number> {
    let removed = 0;
    for (;;) {
      const slice = await this.#supervisor.ask('cleanupExpired', expireAfterMs, ASK_TIMEOUT_MS);
      removed += slice;
      if (slice < SLICE) return removed;
      await nextTurn();
    }
  }
}
