// This file makes Prometheus counters and gauges whose values are read at scrape time.
import { Counter, Gauge, type Registry } from 'prom-client';

/** The values of a metric family, each with its labels. */
export type Samples<L extends string> = Iterable<readonly [Partial<Record<L, string>>, number]>;

/** Registers a counter whose values are read from plain fields at each scrape. */
export function counter<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
  read: () => Samples<L>,
): void {
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.inc(labels, value);
    },
  });
}

/** Registers a gauge whose values are read at each scrape. */
export function gauge<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
  read: () => Samples<L>,
): void {
  new Gauge({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of read()) this.set(labels, value);
    },
  });
}

/** Makes one sample for each key of `counts`, which is a closed set. */
export function* labelled<L extends string>(label: L, counts: Readonly<Record<string, number>>): Samples<L> {
  for (const [value, count] of Object.entries(counts)) {
    yield [{ [label]: value } as Partial<Record<L, string>>, count] as const;
  }
}
