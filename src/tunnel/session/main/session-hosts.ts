// Session hosts are the worker threads that sessions live in; `SessionHosts` keeps the live ones and picks one for a new
// session.
import type { Host } from '../../../actors/host.js';
import type { HostSample } from '../../../observability/metrics.js';

/** Keeps the live hosts, and counts how often each ended. */
export class SessionHosts {
  readonly #hosts = new Map<string, Host>();
  readonly #restarts = new Map<string, number>();

  /** How many hosts are live. */
  get live(): number {
    return this.#hosts.size;
  }

  /** A host has started (again). */
  add(id: string, host: Host): void {
    this.#hosts.set(id, host);
    if (!this.#restarts.has(id)) this.#restarts.set(id, 0);
  }

  /** A host has ended. */
  remove(id: string): void {
    this.#hosts.delete(id);
    this.#restarts.set(id, (this.#restarts.get(id) ?? 0) + 1);
  }

  /** The host with the fewest sessions; undefined: none is live. */
  pick(): Host | undefined {
    let best: Host | undefined;
    for (const host of this.#hosts.values()) {
      if (best === undefined || host.actorCount < best.actorCount) best = host;
    }
    return best;
  }

  /** A sample for every host that there ever was, for metrics; `restarts` is how often the host ended. */
  samples(): HostSample[] {
    return [...this.#restarts].map(([id, restarts], index) => ({
      index,
      restarts,
      stats: this.#hosts.get(id)?.stats(),
    }));
  }
}
