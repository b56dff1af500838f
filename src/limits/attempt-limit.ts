import { RateLimiterMemory } from 'rate-limiter-flexible';
import { networkOf } from '../net/ip-address.js';

/** Keys that are remembered; what a flood of more does is not counted until the window is over. */
const MAX_KEYS = 100_000;

/** How often something may happen in a window of time, which begins with the first. */
export interface Allowance {
  readonly points: number;
  readonly windowSeconds: number;
}

/** Counts what happens for each key. In memory, for this process. */
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

  /** Keys that are remembered. */
  get size(): number {
    return this.#keys.size;
  }

  /** Seconds for which a key is refused; 0: it is not. */
  async blockedFor(key: string): Promise<number> {
    const state = await this.#counts.get(key);
    return state === null || state.consumedPoints < this.#allowance.points ? 0 : seconds(state.msBeforeNext);
  }

  /** Counts one for a key, before this returns: any number at one time are counted as one after the other. */
  async count(key: string): Promise<void> {
    await this.#add(key);
  }

  /** Counts one for a key as {@link count} does. Seconds for which it is refused; 0: it is not. */
  async take(key: string): Promise<number> {
    const state = await this.#add(key);
    return state === undefined || state.consumedPoints <= this.#allowance.points
      ? 0
      : seconds(state.msBeforeNext);
  }

  /** Counts one less for a key of which one was counted. */
  async giveBack(key: string): Promise<void> {
    if (this.#keys.has(key)) await this.#counts.reward(key);
  }

  /** Refuses a key for so many seconds, whatever was counted. */
  async block(key: string, seconds: number): Promise<void> {
    if (this.#remember(key)) await this.#counts.block(key, seconds);
  }

  #add(key: string) {
    return this.#remember(key) ? this.#counts.penalty(key) : undefined;
  }

  /** False: there is no room. */
  #remember(key: string): boolean {
    if (this.#keys.has(key)) return true;
    if (this.#keys.size >= this.#maxKeys) return false;
    this.#keys.add(key);
    setTimeout(() => this.#keys.delete(key), this.#allowance.windowSeconds * 1000).unref();
    return true;
  }
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}

/** Counts what comes from each address, in normal form; an IPv6 network of one customer counts as one. */
export class AddressLimit {
  readonly #limit: AttemptLimit;

  constructor(allowance: Allowance) {
    this.#limit = new AttemptLimit(allowance);
  }

  /** Seconds for which an address is refused; 0: it is not. */
  blockedFor(address: string): Promise<number> {
    return this.#limit.blockedFor(networkOf(address));
  }

  /** Counts one for an address. */
  count(address: string): Promise<void> {
    return this.#limit.count(networkOf(address));
  }
}
