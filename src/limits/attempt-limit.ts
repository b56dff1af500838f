// This file counts attempts in the memory of this process, and makes the problem with which a limit refuses.
//
// Which limit to use:
// - AttemptLimit: attempts at something that this process alone can answer for, by any key. A restart forgets the counts.
// - AddressLimit: the same by the sender's address, where a customer's IPv6 network must count as one sender.
// - SharedLimit (shared-limit.ts): guesses at a secret. All processes of the same data count together, so that more processes
//   do not mean more guesses; each attempt is a write to the store.
// - WriteAllowance (write-allowance.ts): changes of one user, by the minute and by the day. Every route that writes counts there.
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { networkOf } from '../net/ip-address.js';
import type { Metrics, RateLimit } from '../observability/metrics.js';
import { ProblemError } from '../problems/problem-error.js';

/**
 * The most keys whose counts are kept. Attempts of further keys are not counted until a window is over: a flood takes bounded
 * memory.
 */
const MAX_KEYS = 100_000;

/** How many attempts are allowed in a window of time. A key's window begins with its first attempt. */
export interface Allowance {
  readonly points: number;
  readonly windowSeconds: number;
}

/** Counts attempts by key, in the memory of this process. */
export class AttemptLimit {
  readonly #allowance: Allowance;
  readonly #maxKeys: number;
  readonly #counts: RateLimiterMemory;
  readonly #keys = new Set<string>();

  constructor(allowance: Allowance, maxKeys = MAX_KEYS) {
    this.#allowance = allowance;
    this.#maxKeys = maxKeys;
    this.#counts = new RateLimiterMemory({ points: allowance.points, duration: allowance.windowSeconds });
  }

  /** The number of keys whose counts are kept now. Tests of the bound read it. */
  get size(): number {
    return this.#keys.size;
  }

  /** The seconds for which a key is refused; 0: the key is not refused. */
  async blockedFor(key: string): Promise<number> {
    const state = await this.#counts.get(key);
    return state === null || state.consumedPoints < this.#allowance.points ? 0 : seconds(state.msBeforeNext);
  }

  /** Counts one attempt of a key, before this returns: simultaneous attempts count like attempts one after the other. */
  async count(key: string): Promise<void> {
    await this.#add(key);
  }

  /**
   * Counts one attempt of a key as {@link count} does.
   * @returns the seconds for which the key is refused; 0: it is not refused
   */
  async take(key: string): Promise<number> {
    const state = await this.#add(key);
    return state === undefined || state.consumedPoints <= this.#allowance.points
      ? 0
      : seconds(state.msBeforeNext);
  }

  /** Takes back one counted attempt of a key. */
  async giveBack(key: string): Promise<void> {
    if (this.#keys.has(key)) await this.#counts.reward(key);
  }

  /** Refuses a key for so many seconds, whatever its count. */
  async block(key: string, seconds: number): Promise<void> {
    if (this.#remember(key)) await this.#counts.block(key, seconds);
  }

  #add(key: string) {
    return this.#remember(key) ? this.#counts.penalty(key) : undefined;
  }

  /** Begins to count a key. False: there is no room for another key. */
  #remember(key: string): boolean {
    if (this.#keys.has(key)) return true;
    if (this.#keys.size >= this.#maxKeys) return false;
    this.#keys.add(key);
    setTimeout(() => this.#keys.delete(key), this.#allowance.windowSeconds * 1000).unref();
    return true;
  }
}

/** Counts attempts by the sender's address, in normal form; the IPv6 network of one customer counts as one address. */
export class AddressLimit {
  readonly #limit: AttemptLimit;

  constructor(allowance: Allowance) {
    this.#limit = new AttemptLimit(allowance);
  }

  /** The seconds for which an address is refused; 0: the address is not refused. */
  blockedFor(address: string): Promise<number> {
    return this.#limit.blockedFor(networkOf(address));
  }

  /** Counts one attempt of an address. */
  count(address: string): Promise<void> {
    return this.#limit.count(networkOf(address));
  }
}

/** Counts a refusal by a limit, and makes its problem: `rate-limited`, with the seconds to wait as Retry-After. */
export function rateLimited(
  { limited }: Pick<Metrics, 'limited'>,
  limit: RateLimit,
  seconds: number,
): ProblemError {
  limited[limit] += 1;
  return new ProblemError('rate-limited', { because: limit, headers: { 'Retry-After': String(seconds) } });
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
