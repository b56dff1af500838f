import type { Clock } from '../../src/actors/clock.js';

export interface Sleep {
  readonly ms: number;
  /** Lets the time pass. */
  wake(): void;
}

/** Time that passes only when the test says so. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #sleeps: Sleep[] = [];
  #notify: () => void = () => {};

  now(): number {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  after(ms: number, run: () => void): () => void {
    let isCancelled = false;
    const wake = (): void => {
      this.#now += ms;
      if (!isCancelled) run();
    };
    this.#sleeps.push({ ms, wake });
    this.#notify();
    return () => {
      isCancelled = true;
    };
  }

  /** The next sleep nobody has taken yet. */
  async nextSleep(): Promise<Sleep> {
    for (;;) {
      const sleep = this.#sleeps.shift();
      if (sleep !== undefined) return sleep;
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
      });
    }
  }
}
