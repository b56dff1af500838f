// `takeTurns` measures several subjects turn by turn, round by round.
import { setTimeout as pause } from 'node:timers/promises';
import { type Figure, type Missing, Samples, type Size } from './benchmark.js';

/**
 * The pause before each turn, in ms: a subject's work after its turn, such as giving memory back, must be over before the next
 * turn, and the other subjects idle on the same cores.
 */
const PAUSE_MS = { small: 500, full: 1000 };

/** The subjects that do not take part, or do not finish. */
export class Dropouts {
  readonly missing: Missing[] = [];
  readonly #log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** Drops a subject. @param what the work that failed */
  drop(subject: string, what: string, error: unknown): void {
    const reason = `${what}: ${error instanceof Error ? error.message : error}`;
    this.missing.push({ subject, reason });
    this.#log(`${subject} is out: ${reason}`);
  }
}

/** One value that a turn measured. */
export interface Measured {
  readonly metric: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** True if the value may be zero or less, so that no ratio is made of it. */
  readonly noRatio?: true;
  readonly value: number;
}

/** One measurement that is made in turns. */
interface Case {
  readonly title: string;
  readonly rounds: number;
  readonly size: Size;
  readonly out: Dropouts;
  /** The pause before each turn, in ms; shorter for work that leaves nothing to wait for. Default: {@link PAUSE_MS}. */
  readonly pauseMs?: number;
}

/**
 * Runs all rounds of one case: in each round every subject has its turn, in a random order. A subject whose turn failed has no
 * figure in the case.
 */
export async function takeTurns<S extends { readonly subject: string }>(
  subjects: readonly S[],
  { title, rounds, size, out, pauseMs = PAUSE_MS[size] }: Case,
  turn: (subject: S) => Promise<readonly Measured[]>,
): Promise<readonly Figure[]> {
  const samples = new Samples();
  // The figures are in the order of the subjects and not of the turns, because tables keep this order.
  const results = new Map<S, Measured[][] | 'failed'>(subjects.map((subject) => [subject, []]));
  for (let round = 0; round < rounds; round++) {
    for (const subject of shuffled(subjects)) {
      const of = results.get(subject);
      if (of === undefined || of === 'failed') continue;
      await pause(pauseMs);
      try {
        of.push([...(await turn(subject))]);
      } catch (error) {
        results.set(subject, 'failed');
        out.drop(subject.subject, title, error);
      }
    }
  }
  for (const [{ subject }, turns] of results) {
    if (turns === 'failed') continue;
    for (const { value, ...metric } of turns.flat()) samples.add({ case: title, subject, ...metric }, value);
  }
  return samples.figures;
}

/** Makes a copy of the list in a random order. */
export function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
