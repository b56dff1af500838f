// `Timers` keeps the pending timers of one actor.
import type { Clock } from '../clock.js';
import { MailboxFullError } from '../errors.js';
import { TIMERS_PER_ACTOR } from '../limits.js';

/** The pending timers of one actor. */
export class Timers {
  readonly #clock: Clock;
  readonly #cancels = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Runs `run` once after `delayMs`. Returns a function that cancels the timer. @throws MailboxFullError when 16,384 are
   * pending.
   */
  after(delayMs: number, run: () => void): () => void {
    if (this.#cancels.size >= TIMERS_PER_ACTOR) throw new MailboxFullError('the list of timers');
    const cancelTimer = this.#clock.after(delayMs, () => {
      this.#cancels.delete(cancel);
      run();
    });
    const cancel = () => {
      if (this.#cancels.delete(cancel)) cancelTimer();
    };
    this.#cancels.add(cancel);
    return cancel;
  }

  cancelAll(): void {
    for (const cancel of this.#cancels) cancel();
  }
}
