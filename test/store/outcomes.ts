// Outcomes are what the callers of writes were told, to be compared with the data after a fault.
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StoreError } from '../../src/store/ports/errors.js';
import type { Store } from '../../src/store/ports/store.js';
import { type Part, WRITES, type Write } from './writes.js';

/** Writes of each kind that follow on each other in a round. */
const IN_A_ROW = 3;

/** The most turns of the loop from an answer to the fault: as long as a commit or two take. */
const MAX_TURNS = 40;

interface Told {
  readonly kind: string;
  readonly parts: readonly Part[];
  /** `done`, or the code of an error. */
  readonly outcome: string;
}

/** What the callers of writes were told, to be compared with the data. */
export class Outcomes {
  readonly #told: Told[] = [];

  /** How many of each outcome there were. */
  get counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { outcome } of this.#told) counts[outcome] = (counts[outcome] ?? 0) + 1;
    return counts;
  }

  /**
   * Makes writes of every kind at once, one after the other of each, until they fail, and a fault at a random moment.
   * @param healthy a store that has no faults, to prepare the writes with
   * @param fault resolves when it is over
   */
  async round(healthy: Store, store: Store, name: string, fault: () => Promise<void>): Promise<void> {
    const owner = await healthy.ensureUser('https://id.example', name);
    const rows = await Promise.all(
      Object.entries(WRITES).map(async ([kind, prepare]) => {
        const writes: Write[] = [];
        for (let i = 0; i < IN_A_ROW; i += 1) writes.push(await prepare(healthy, owner));
        return { kind, writes };
      }),
    );
    const faultAt = Math.floor(Math.random() * rows.length * IN_A_ROW);
    let answers = 0;
    let over: Promise<void> | undefined;
    const answered = () => {
      if (answers === faultAt) over = later(fault);
      answers += 1;
    };
    answered();
    await Promise.all(
      rows.map(async ({ kind, writes }) => {
        for (const { make, parts } of writes) {
          const outcome = await make(store).then(() => 'done', codeOf);
          this.#told.push({ kind, parts, outcome });
          if (outcome !== 'done') return;
          answered();
        }
      }),
    );
    await (over ?? fault());
  }

  /** Asserts that it is as the callers were told. @param count how many rows there are */
  async check(count: (rows: string) => Promise<number>): Promise<void> {
    for (const { kind, parts, outcome } of this.#told) {
      const counts = [];
      for (const [rows] of parts) counts.push(await count(rows));
      const whole = parts.map(([, expected]) => expected);
      const isNothing = counts.every((n) => n === 0);
      const said = `${kind} was answered ${outcome}, and there is ${counts.join()} of ${whole.join()}`;
      if (outcome === 'done') assert.deepEqual(counts, whole, said);
      else if (outcome !== 'ERR_STORE_OUTCOME_UNKNOWN') assert.ok(isNothing, said);
      else if (!isNothing) assert.deepEqual(counts, whole, said);
    }
  }
}

async function later(fault: () => Promise<void>): Promise<void> {
  for (let turns = Math.random() * MAX_TURNS; turns > 0; turns -= 1) await nextTurn();
  await fault();
}

/** What is no error of the store is a fault of the test. */
function codeOf(error: StoreError): string {
  if (!error.code?.startsWith('ERR_STORE_')) throw error;
  return error.code;
}
