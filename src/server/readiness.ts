import type { ProblemCode } from './problem.js';

/** Why something cannot serve; undefined: it can. */
export type Check = () => Promise<ProblemCode | undefined>;

/** How long one result is good for, in ms: anybody may ask, and each check costs the store and the proxy a call. */
const GOOD_FOR_MS = 1000;

/** Whether a process can serve: not draining, and what it needs is there. Every listener of a process answers from one. */
export class Readiness {
  readonly #check: Check;
  readonly #now: () => number;
  #draining = false;
  #result: Promise<ProblemCode | undefined> | undefined;
  #checkedAt = 0;

  /** @param check must not reject */
  constructor(check: Check, now: () => number = () => performance.now()) {
    this.#check = check;
    this.#now = now;
  }

  get draining(): boolean {
    return this.#draining;
  }

  drain(): void {
    this.#draining = true;
  }

  async why(): Promise<ProblemCode | undefined> {
    if (this.#draining) return 'draining';
    if (this.#result === undefined || this.#now() - this.#checkedAt >= GOOD_FOR_MS) {
      this.#checkedAt = this.#now();
      this.#result = this.#check();
    }
    return (await this.#result) ?? (this.#draining ? 'draining' : undefined);
  }
}
