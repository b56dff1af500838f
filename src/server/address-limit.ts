import { isIPv6 } from 'node:net';
import { RateLimiterMemory } from 'rate-limiter-flexible';

/** Addresses that are remembered; what a flood from more does is not counted until the window is over. */
const MAX_ADDRESSES = 100_000;

/** How often something may come from one address. */
export interface Allowance {
  readonly points: number;
  readonly windowSeconds: number;
}

/** Counts what comes from each address of the sockets' other ends. */
export class AddressLimit {
  readonly #allowance: Allowance;
  readonly #counts: RateLimiterMemory;
  #addresses = 0;

  constructor(allowance: Allowance) {
    this.#allowance = allowance;
    this.#counts = new RateLimiterMemory({ points: allowance.points, duration: allowance.windowSeconds });
  }

  /** Seconds for which an address is refused; 0: it is not. */
  async blockedFor(address: string): Promise<number> {
    const state = await this.#counts.get(sourceOf(address));
    if (state === null || state.consumedPoints < this.#allowance.points) return 0;
    return Math.max(1, Math.ceil(state.msBeforeNext / 1000));
  }

  async count(address: string): Promise<void> {
    const source = sourceOf(address);
    if ((await this.#counts.get(source)) === null) {
      if (this.#addresses >= MAX_ADDRESSES) return;
      this.#addresses += 1;
      setTimeout(() => {
        this.#addresses -= 1;
      }, this.#allowance.windowSeconds * 1000).unref();
    }
    await this.#counts.penalty(source);
  }
}

/** One customer's IPv6 network is a /64: its addresses count as one. */
function sourceOf(address: string): string {
  return isIPv6(address) ? address.split(':').slice(0, 4).join(':') : address;
}
