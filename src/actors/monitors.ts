// `Monitors` tells the watchers of an actor when and why it ended; `stopWithin` waits for such an end.
import type { ActorRef } from './behaviour.js';
import { type Clock, inMicrotask } from './clock.js';
import type { ExitReason } from './errors.js';
import { guarded } from './errors.js';

/** The watchers of one actor: each is called once, with the reason of its end. */
export class Monitors {
  /** The set is created on first use: most actors have no watchers. */
  #watchers: Set<(reason: ExitReason) => void> | undefined;
  #ended: ExitReason | undefined;

  /**
   * Calls `watcher` once: at the end, or in the next microtask if the actor has ended already. Returns a function that
   * removes the watcher.
   */
  add(watcher: (reason: ExitReason) => void): () => void {
    // The watcher is wrapped, so that one function may watch twice.
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

/**
 * Asks an actor to stop, and kills it past `timeoutMs`.
 * @param requestStop asks it; called once the actor is monitored
 * @returns the reason of its end
 */
export function stopWithin(
  timeoutMs: number,
  actor: Pick<ActorRef<never>, 'kill' | 'monitor'>,
  clock: Clock,
  requestStop: () => void,
): Promise<ExitReason> {
  return new Promise((resolve) => {
    const cancel = clock.after(timeoutMs, () => actor.kill(`did not stop within ${timeoutMs} ms`));
    actor.monitor((reason) => {
      cancel();
      resolve(reason);
    });
    requestStop();
  });
}
