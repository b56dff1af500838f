import type { Metrics } from '../observability/metrics.js';
import type { ForwardFailure } from '../tunnel/forward/contract.js';
import type { ResponseWriter } from './response-writer.js';

/** Counts forwarded calls. */
export class CallRecorder {
  readonly #metrics: Metrics;
  readonly #waiting: (() => void)[] = [];

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  began(): void {
    this.#metrics.streams += 1;
  }

  finished(writer: ResponseWriter, failure: ForwardFailure | 'aborted' | undefined): void {
    const metrics = this.#metrics;
    metrics.streams -= 1;
    if (metrics.streams === 0) this.#becomeIdle();
    metrics.callSeconds.observe((performance.now() - writer.startedAt) / 1000);
    if (failure === 'aborted') metrics.aborted += 1;
    else if (failure !== undefined) metrics.failed[failure.code] += 1;
    else {
      const kind = Math.floor(writer.status / 100);
      metrics.answered[kind] = (metrics.answered[kind] ?? 0) + 1;
    }
  }

  /** Resolves when no call is under way, or after `graceMs`. */
  idle(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
      if (this.#metrics.streams === 0) this.#becomeIdle();
    });
  }

  #becomeIdle(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
