// The dial queue lets devices in, first come, first served, a few at a time.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Admission } from '../../store/ports/admission.js';
import type { TokenHash } from '../../store/ports/ids.js';
import { TURN_MS } from './paced-queue.js';

/** The answer to a dial (02-tunnel.md §2.1). */
export type DialDecision =
  | { readonly kind: 'accepted'; readonly admission: Admission; readonly tokenHash: TokenHash }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'rate-limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'full'; readonly retryAfterSeconds: number }
  | { readonly kind: 'unavailable'; readonly retryAfterSeconds: number };

/** A device that has dialled and waits for its answer. */
export interface Dial {
  readonly token: string;
  /** The device's IP address in normal form. */
  readonly address: string;
  /** True if the device has hung up. */
  readonly gone: boolean;
  answer(decision: DialDecision): void;
}

/** How many dials may wait: those of a large fleet that comes back at once. Further ones are told to come again. */
const MAX_WAITING = 20_000;
/** How many dials one question to the store covers: other questions wait for no more than these. */
const AT_ONCE = 64;

/** The options of a {@link DialQueue}. */
export interface DialQueueOptions {
  /** Decides on some dials; the decisions are in the order of the dials. Must not reject. */
  readonly decide: (dials: readonly Dial[]) => Promise<readonly DialDecision[]>;
  readonly maxWaiting?: number;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/**
 * Answers dials in their order, slowly enough to leave room for the calls of connected devices: a whole fleet may dial at
 * once (docs/adr/0020). While some dials are answered, the next ones are decided on.
 */
export class DialQueue {
  readonly #decide: DialQueueOptions['decide'];
  readonly #maxWaiting: number;
  readonly #now: () => number;
  #waiting: Dial[] = [];
  #running = false;

  constructor({ decide, maxWaiting = MAX_WAITING, now = () => performance.now() }: DialQueueOptions) {
    this.#decide = decide;
    this.#maxWaiting = maxWaiting;
    this.#now = now;
  }

  /** Adds a dial. @returns false: too many wait already, and this one was not added */
  add(dial: Dial): boolean {
    if (this.#waiting.length >= this.#maxWaiting) return false;
    this.#waiting.push(dial);
    if (!this.#running) void this.#run();
    return true;
  }

  async #run(): Promise<void> {
    this.#running = true;
    // The store is asked about all dials of one turn together.
    await nextTurn();
    let next = this.#next();
    while (next !== undefined) {
      const { dials, decisions } = await next;
      next = this.#next();
      await this.#answer(dials, decisions);
      next ??= this.#next();
    }
    this.#running = false;
  }

  /** Has the next dials decided on; undefined: no dial waits. */
  #next(): Promise<{ dials: readonly Dial[]; decisions: readonly DialDecision[] }> | undefined {
    const dials: Dial[] = [];
    while (dials.length === 0 && this.#waiting.length > 0) {
      dials.push(...this.#waiting.splice(0, AT_ONCE).filter(({ gone }) => !gone));
    }
    if (dials.length === 0) return undefined;
    return this.#decide(dials).then((decisions) => ({ dials, decisions }));
  }

  async #answer(dials: readonly Dial[], decisions: readonly DialDecision[]): Promise<void> {
    let turnEnds = this.#now() + TURN_MS;
    for (const [at, decision] of decisions.entries()) {
      const dial = dials[at];
      if (dial === undefined || dial.gone) continue;
      dial.answer(decision);
      if (this.#now() < turnEnds) continue;
      await nextTurn();
      turnEnds = this.#now() + TURN_MS;
    }
  }
}
