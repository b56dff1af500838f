import { guarded } from './errors.js';
import type { ExitReason } from './exit.js';
import { inMicrotask } from './microtask.js';

/** Those who want to know when and why something ends. */
export class Monitors {
  /** Made for the first: most actors are watched by nobody. */
  #watchers: Set<(reason: ExitReason) => void> | undefined;
  #ended: ExitReason | undefined;

  /** Calls `watcher` once: at the end, or in the next microtask if that was before. Returns the un-monitor. */
  add(watcher: (reason: ExitReason) => void): () => void {
    // Wrapped, so that one function may watch twice.
    const watch = (reason: ExitReason) => watcher(reason);
    this.#watchers ??= new Set();
    this.#watchers.add(watch);
    if (this.#ended !== undefined) inMicrotask(() => this.#notify());
    return () => this.#watchers?.delete(watch);
  }

  end(reason: ExitReason): void {
    this.#ended = reason;
    this.#notify();
  }

  #notify(): void {
    const reason = this.#ended;
    if (reason === undefined || this.#watchers === undefined) return;
    for (const watcher of this.#watchers) {
      this.#watchers.delete(watcher);
      guarded(watcher, reason);
    }
  }
}
