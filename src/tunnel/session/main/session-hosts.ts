import type { Host } from '../../../actors/host.js';
import type { HostSample } from '../../../observability/metrics.js';

/** The live session hosts; a new session goes to the one with the fewest. */
export class SessionHosts {
  readonly #hosts = new Map<string, Host>();
  readonly #restarts = new Map<string, number>();

  get live(): number {
    return this.#hosts.size;
  }

  /** A host has started (again). */
  add(id: string, host: Host): void {
    this.#hosts.set(id, host);
    if (!this.#restarts.has(id)) this.#restarts.set(id, 0);
  }

  /** The host is gone. */
  remove(id: string): void {
    this.#hosts.delete(id);
    this.#restarts.set(id, (this.#restarts.get(id) ?? 0) + 1);
  }

  /** Undefined: none is live. */
  pick(): Host | undefined {
    let best: Host | undefined;
    for (const host of this.#hosts.values()) {
      if (best === undefined || host.actorCount < best.actorCount) best = host;
    }
    return best;
  }

  /** Every host there was, for metrics; `restarts` counts how often it ended. */
  samples(): HostSample[] {
    return [...this.#restarts].map(([id, restarts], index) => ({
      index,
      restarts,
      stats: this.#hosts.get(id)?.stats(),
    }));
  }
}
