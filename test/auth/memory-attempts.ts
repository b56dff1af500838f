import type { AttemptCount, AttemptPort } from '../../src/store/ports/attempts.js';

/** Attempts in memory, as the processes of one store see them. */
export class MemoryAttempts implements AttemptPort {
  readonly counts = new Map<string, { count: number; endsAt: number }>();
  /** Calls so far. */
  attemptsAsked = 0;
  /** Every call rejects with it. */
  attemptsFault: Error | undefined;

  async countAttempt(key: string, windowMs: number): Promise<AttemptCount> {
    this.#ask();
    const now = Date.now();
    const known = this.counts.get(key);
    const row = known !== undefined && known.endsAt > now ? known : { count: 0, endsAt: now + windowMs };
    row.count += 1;
    this.counts.set(key, row);
    return { count: row.count, leftMs: row.endsAt - now };
  }

  async forgiveAttempt(key: string): Promise<void> {
    this.#ask();
    const known = this.counts.get(key);
    if (known !== undefined && known.count > 0) known.count -= 1;
  }

  #ask(): void {
    this.attemptsAsked += 1;
    if (this.attemptsFault !== undefined) throw this.attemptsFault;
  }
}
