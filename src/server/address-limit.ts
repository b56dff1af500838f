import { type Allowance, AttemptLimit } from './attempt-limit.js';

/** An IPv4 address as a listener on `::` sees it (RFC 4291 §2.5.5.2). */
const MAPPED = '0000:0000:0000:0000:0000:ffff:';

/** Counts what comes from each address of the sockets' other ends, as uWebSockets.js writes it. */
export class AddressLimit {
  readonly #limit: AttemptLimit;

  constructor(allowance: Allowance) {
    this.#limit = new AttemptLimit(allowance);
  }

  /** Seconds for which an address is refused; 0: it is not. */
  blockedFor(address: string): Promise<number> {
    return this.#limit.blockedFor(sourceOf(address));
  }

  /** Counts one for an address. */
  count(address: string): Promise<void> {
    return this.#limit.count(sourceOf(address));
  }

  /** Counts one for an address. Seconds for which it is refused; 0: it is not. */
  take(address: string): Promise<number> {
    return this.#limit.take(sourceOf(address));
  }

  /** Counts one less for an address of which one was counted. */
  giveBack(address: string): Promise<void> {
    return this.#limit.giveBack(sourceOf(address));
  }
}

/** One customer's IPv6 network is a /64: its addresses count as one. IPv6 is written in full, with all zeros. */
function sourceOf(address: string): string {
  const groups = address.split(':');
  return groups.length < 8 || address.startsWith(MAPPED) ? address : groups.slice(0, 4).join(':');
}
