import type { Host } from '../../actors/host.js';

/** The live session hosts; a new session goes to the one with the fewest. */
export class SessionHosts {
  readonly #hosts = new Map<string, Host>();

  get live(): number {
    return this.#hosts.size;
  }

  /** A host has started (again). */
  add(id: string, host: Host): void {
    this.#hosts.set(id, host);
  }

  /** The host is gone; a host that has taken its place stays. */
  remove(id: string, host: Host): void {
    if (this.#hosts.get(id) === host) this.#hosts.delete(id);
  }

  /** Undefined: none is live. */
  pick(): Host | undefined {
    let best: Host | undefined;
    for (const host of this.#hosts.values()) {
      if (best === undefined || host.stats().actors < best.stats().actors) best = host;
    }
    return best;
  }

  entries(): IterableIterator<[string, Host]> {
    return this.#hosts.entries();
  }
}
