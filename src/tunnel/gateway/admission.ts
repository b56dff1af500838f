import { AddressLimit } from '../../server/address-limit.js';
import { hashToken, type TokenHash } from '../../store/ids.js';
import type { Admission, AdmissionPort } from '../../store/ports.js';

/** The answer to a dial (02-tunnel.md §2.1). */
export type Decision =
  | { readonly kind: 'accepted'; readonly admission: Admission; readonly tokenHash: TokenHash }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'rate-limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'unavailable'; readonly retryAfterSeconds: number };

/** Failed attempts that one address may make. */
const FAILURES = { points: 30, windowSeconds: 10 };
/** Dials that wait for the store at once; more are told to come back. */
const MAX_PENDING = 20_000;
const RETRY_SECONDS = 2;

/** Decides which devices may connect. Only failures count against an address: a fleet behind one NAT may dial at once. */
export class AdmissionControl {
  readonly #store: AdmissionPort;
  readonly #failures = new AddressLimit(FAILURES);
  #pending = 0;

  constructor(store: AdmissionPort) {
    this.#store = store;
  }

  /** @param address who dials, in normal form; @throws what the store throws, for the caller to log */
  async decide(token: string, address: string): Promise<Decision> {
    const blocked = await this.#failures.blockedFor(address);
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
    await this.#failures.count(address);
    return { kind: 'unauthorized' };
  }
}
