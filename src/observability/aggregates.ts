// This file exposes plain histograms and sums as Prometheus metrics.
import { Histogram, type Registry, Summary } from 'prom-client';
import type { Buckets } from './buckets.js';

// prom-client can only observe one value at a time. These metrics hand their plain fields over when the registry asks for the
// values to print: `getForPromString`.

/** One {@link Buckets} with its labels. */
interface BucketSeries<L extends string> {
  readonly labels: Readonly<Partial<Record<L, string>>>;
  readonly buckets: Buckets;
}

interface BucketHistogramOptions<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly L[];
  readonly series: readonly BucketSeries<L>[];
}

/** Exposes {@link Buckets} as a Prometheus histogram. */
export class BucketHistogram<L extends string = never> extends Histogram<L> {
  readonly #options: BucketHistogramOptions<L>;

  constructor(registry: Registry, options: BucketHistogramOptions<L>) {
    const { name, help, labelNames = [] } = options;
    super({ name, help, labelNames, registers: [registry] });
    this.#options = options;
  }

  async getForPromString() {
    const { name, help, series } = this.#options;
    const values = [];
    for (const { labels, buckets } of series) {
      let cumulative = 0;
      for (const [at, inBucket] of buckets.counts.entries()) {
        cumulative += inBucket;
        const le = buckets.bounds[at] ?? '+Inf';
        values.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: cumulative });
      }
      values.push({ metricName: `${name}_sum`, labels, value: buckets.sum });
      values.push({ metricName: `${name}_count`, labels, value: buckets.count });
    }
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  }
}

/** The sum and the number of observations, with their labels. */
export interface Totals<L extends string> {
  readonly labels: Readonly<Record<L, string>>;
  readonly sum: number;
  readonly count: number;
}

interface TotalsSummaryOptions<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly L[];
  read(): Iterable<Totals<L>>;
}

/** Exposes sums and counts as a Prometheus summary without quantiles: their ratio is the mean. */
export class TotalsSummary<L extends string> extends Summary<L> {
  readonly #options: TotalsSummaryOptions<L>;

  constructor(registry: Registry, options: TotalsSummaryOptions<L>) {
    const { name, help, labelNames } = options;
    super({ name, help, labelNames, percentiles: [], registers: [registry] });
    this.#options = options;
  }

  async getForPromString() {
    const { name, help } = this.#options;
    const values = [];
    for (const { labels, sum, count } of this.#options.read()) {
      values.push({ metricName: `${name}_sum`, labels, value: sum });
      values.push({ metricName: `${name}_count`, labels, value: count });
    }
    return { name, help, type: 'summary', aggregator: 'sum', values };
  }
}
