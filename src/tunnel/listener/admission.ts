// Admission control decides which devices may connect.
import { AddressLimit } from '../../limits/attempt-limit.js';
import type { AdmissionPort } from '../../store/ports/admission.js';
import { hashToken } from '../../store/ports/ids.js';
import type { Dial, DialDecision } from './dial-queue.js';

/** How many failed attempts one address may make. */
const FAILURES = { points: 30, windowSeconds: 10 };

/** Checks devices' tokens with the store. Only failures count against an address: a fleet behind one NAT may dial at once. */
export class AdmissionControl {
  readonly #store: AdmissionPort;
  readonly #failures = new AddressLimit(FAILURES);

  constructor(store: AdmissionPort) {
    this.#store = store;
  }

  /** For how many seconds devices at an address may not dial, because too many dials failed; 0: they may dial. */
  blockedFor(address: string): Promise<number> {
    return this.#failures.blockedFor(address);
  }

  /**
   * Decides on some dials; the decisions are in the order of the dials.
   * @throws the errors of the store, which the caller logs
   */
  async decide(dials: readonly Pick<Dial, 'token' | 'address'>[]): Promise<DialDecision[]> {
    // An empty token is hashed and checked like any other, so that all refusals take the same time.
    const hashes = dials.map(({ token }) => hashToken(token));
    const admissions = await this.#store.connect(hashes);
    const decisions: DialDecision[] = [];
    for (const [at, { address }] of dials.entries()) {
      const [admission, tokenHash] = [admissions[at], hashes[at]];
      if (admission === undefined || tokenHash === undefined) {
        await this.#failures.count(address);
        decisions.push({ kind: 'unauthorized' });
      } else decisions.push({ kind: 'accepted', admission, tokenHash });
    }
    return decisions;
  }
}
