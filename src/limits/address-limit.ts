import { networkOf } from '../net/ip-address.js';
import { type Allowance, AttemptLimit } from './attempt-limit.js';

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
