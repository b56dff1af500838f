import type { Metrics } from '../observability/metrics.js';
import type { ForwardFailure } from '../tunnel/forward/contract.js';
import type { ResponseWriter } from './response-writer.js';

/** Counts forwarded calls. */
export class CallRecorder {
  readonly #metrics: Metrics;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  began(): void {
    this.#metrics.streams += 1;
  }

  finished(writer: ResponseWriter, failure: ForwardFailure | 'aborted' | undefined): void {
    const metrics = this.#metrics;
    metrics.streams -= 1;
    metrics.callSeconds.observe((performance.now() - writer.startedAt) / 1000);
    if (failure === 'aborted') metrics.aborted += 1;
    else if (failure !== undefined) metrics.failed[failure.code] += 1;
    else {
      const kind = Math.floor(writer.status / 100);
      metrics.answered[kind] = (metrics.answered[kind] ?? 0) + 1;
    }
  }
}
