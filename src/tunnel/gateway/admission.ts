import { isIPv6 } from 'node:net';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { hashToken, type TokenHash } from '../../store/ids.js';
import type { Admission, AdmissionPort } from '../../store/ports.js';

/** The answer to a dial (02-tunnel.md §2.1). */
export type Decision =
  | { readonly kind: 'accepted'; readonly admission: Admission; readonly tokenHash: TokenHash }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'rate-limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'unavailable'; readonly retryAfterSeconds: number };

/** Failed attempts that one address may make in {@link WINDOW_SECONDS}. */
const FAILURES = 30;
const WINDOW_SECONDS = 10;
/** Dials that wait for the store at once; more are told to come back. */
const MAX_PENDING = 20_000;
/** Addresses of which failures are remembered; a flood from more is answered 429 until the window is over. */
const MAX_ADDRESSES = 100_000;
const RETRY_SECONDS = 2;

/** Decides which devices may connect. Only failures count against an address: a fleet behind one NAT may dial at once. */
export class AdmissionControl {
  readonly #store: AdmissionPort;
  readonly #failures = new RateLimiterMemory({ points: FAILURES, duration: WINDOW_SECONDS });
  #addresses = 0;
  #pending = 0;

  constructor(store: AdmissionPort) {
    this.#store = store;
  }

  /** @param address the socket's address; @throws what the store throws, for the caller to log */
  async decide(token: string, address: string): Promise<Decision> {
    const source = sourceOf(address);
    const blocked = await this.#blockedFor(source);
    if (blocked > 0) return { kind: 'rate-limited', retryAfterSeconds: blocked };
    if (this.#pending >= MAX_PENDING) return { kind: 'unavailable', retryAfterSeconds: RETRY_SECONDS };
    this.#pending += 1;
    try {
      // Hashed and asked also when it is empty: all refusals take the same time.
      const tokenHash = hashToken(token);
      const admission = await this.#store.connect(tokenHash);
      if (admission !== undefined) return { kind: 'accepted', admission, tokenHash };
    } finally {
      this.#pending -= 1;
    }
    await this.#countFailure(source);
    return { kind: 'unauthorized' };
  }

  /** Seconds for which an address is refused; 0: it is not. */
  async #blockedFor(source: string): Promise<number> {
    const state = await this.#failures.get(source);
    if (state === null || state.consumedPoints < FAILURES) return 0;
    return Math.max(1, Math.ceil(state.msBeforeNext / 1000));
  }

  async #countFailure(source: string): Promise<void> {
    const known = await this.#failures.get(source);
    if (known === null) {
      if (this.#addresses >= MAX_ADDRESSES) return;
      this.#addresses += 1;
      setTimeout(() => {
        this.#addresses -= 1;
      }, WINDOW_SECONDS * 1000).unref();
    }
    await this.#failures.penalty(source);
  }
}

/** One customer's IPv6 network is a /64: its addresses count as one. */
function sourceOf(address: string): string {
  return isIPv6(address) ? address.split(':').slice(0, 4).join(':') : address;
}
