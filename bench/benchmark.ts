// A `Benchmark` is run by its name and gives an `Outcome`: figures of each subject, and the subjects that are missing.

/** `small` finishes everything in under five minutes; `full` is for figures that are kept. */
export type Size = 'small' | 'full';

/** One benchmark, by the name it has on the command line. */
export interface Benchmark {
  readonly name: string;
  /** @param log progress, a line at a time */
  run(size: Size, log: (line: string) => void): Promise<Outcome>;
}

/** The figures of a benchmark, and the subjects that are missing. */
export interface Outcome {
  /** The subject that ratios are about. Default: {@link PRODUCT}. */
  readonly product?: string;
  readonly figures: readonly Figure[];
  readonly missing: readonly Missing[];
}

/**
 * All samples of one measured value, one a round. Rounds of different subjects alternate: samples with the same index are from
 * the same round.
 */
export interface Figure {
  /** The work that was measured, such as `1 tunnel, 64 callers`. */
  readonly case: string;
  readonly metric: string;
  readonly unit: string;
  /** Which values are better. */
  readonly better: 'higher' | 'lower';
  /** The subject that did the work: `visiona` or a peer. */
  readonly subject: string;
  /** The value may be zero or less, so that no ratio is made of it. */
  readonly noRatio?: true;
  readonly samples: number[];
}

/** A subject that did not take part, and why. It has no figure, hence no ratio. */
export interface Missing {
  readonly subject: string;
  readonly reason: string;
}

/** The subject that ratios are about if the benchmark names no other. */
export const PRODUCT = 'visiona';

/** The outcome of a benchmark that cannot run at all. */
export function missingAll(reason: string): Outcome {
  return { figures: [], missing: [{ subject: 'all', reason }] };
}

/** Merges the outcomes of several parts of one benchmark. */
export function mergeOutcomes(outcomes: readonly Outcome[]): Pick<Outcome, 'figures' | 'missing'> {
  return {
    figures: outcomes.flatMap(({ figures }) => figures),
    missing: outcomes.flatMap(({ missing }) => missing),
  };
}

/** Selects the figures of the subjects that took part to the end: ratios are made round by round. */
export function withoutMissing(figures: readonly Figure[], missing: readonly Missing[]): readonly Figure[] {
  return figures.filter((figure) => !missing.some(({ subject }) => subject === figure.subject));
}

/** Adds samples to figures, which it makes on first use. */
export class Samples {
  readonly #figures = new Map<string, Figure>();

  add(of: Omit<Figure, 'samples'>, sample: number): void {
    const key = JSON.stringify([of.case, of.metric, of.subject]);
    let figure = this.#figures.get(key);
    if (figure === undefined) {
      figure = { ...of, samples: [] };
      this.#figures.set(key, figure);
    }
    figure.samples.push(sample);
  }

  get figures(): readonly Figure[] {
    return [...this.#figures.values()];
  }
}
