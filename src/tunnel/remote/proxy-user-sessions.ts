// The sessions of a user's devices in another process, which remote-proxy holds.
import type { ProxyClient, SessionRange, Summary, UserSessions } from '../../contract/session.js';
import { unlessGone } from '../../contract/session-errors.js';

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
