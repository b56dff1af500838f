import type { AgentClock } from '../../src/agent/clock.js';

export interface Sleep {
  readonly ms: number;
  /** Lets the time pass. */
  wake(): void;
}

/** Time that passes only when the test says so. */
export class FakeClock implements AgentClock {
  #now = 0;
  readonly #sleeps: Sleep[] = [];
  #notify: () => void = () => {};

  now(): number {
    return this.#now;
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#now += ms;
        resolve();
      };
      signal.addEventListener('abort', () => resolve(), { once: true });
      this.#sleeps.push({ ms, wake });
      this.#notify();
    });
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
