import { Counter, Gauge, type Registry } from 'prom-client';

/** Values of a family, each with its labels. */
export type Samples<L extends string> = Iterable<readonly [Partial<Record<L, string>>, number]>;

/** A counter that is set to what was counted elsewhere, each time it is scraped. */
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

/** A gauge that is read each time it is scraped. */
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

/** One sample for each word of a closed set. */
export function* labelled<L extends string>(label: L, counts: Readonly<Record<string, number>>): Samples<L> {
  for (const [value, count] of Object.entries(counts)) {
    yield [{ [label]: value } as Partial<Record<L, string>>, count] as const;
  }
}
