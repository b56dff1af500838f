// RefusalAudit writes refusals to the audit log, a bounded number of rows for each user and kind (docs/adr/0031).
import { type Clock, systemClock } from '../actors/clock.js';
import type { Logger } from '../observability/log.js';
import type { RefusalPort } from '../store/ports/admission.js';
import type { AuditPort, NewAuditEntry, Requester } from '../store/ports/audit.js';
import { storeWhy } from '../store/ports/errors.js';
import type { TokenHash, UserId } from '../store/ports/ids.js';

/** The part of the store that {@link RefusalAudit} uses. */
export type RefusalStore = Pick<AuditPort, 'audit'> & RefusalPort;

/** The most rows of one user and kind in a window. All further refusals of the window become one more row, with their number. */
const ROWS = 5;
const WINDOW_MS = 10 * 60_000;

/** The most pairs of user and kind that are counted at one time; refusals of further pairs are in the log only. */
const MAX_COUNTED = 10_000;

/** The most pairing tokens whose owners are looked up at one time; further refusals are in the log only. */
const MAX_QUESTIONS = 8;

/** The refusals of one user and kind in one window, which begins with the first of them. */
interface Count {
  readonly owner: UserId | undefined;
  readonly cancel: () => void;
  rows: number;
  more: number;
  /** The newest refusal that has no row yet. */
  last: NewAuditEntry | undefined;
}

/** The services that a refusal audit uses. */
export interface RefusalAuditOptions {
  readonly store: RefusalStore;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly maxCounted?: number;
}

/**
 * Writes refusals to the audit log. The refused request does not wait for this, and a client that is refused over and over cannot
 * fill the table: an attack shows as a few rows and a number.
 */
export class RefusalAudit {
  readonly #store: RefusalStore;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #maxCounted: number;
  readonly #counts = new Map<string, Count>();
  #questions = 0;

  constructor({ store, log, clock = systemClock, maxCounted = MAX_COUNTED }: RefusalAuditOptions) {
    this.#store = store;
    this.#log = log;
    this.#clock = clock;
    this.#maxCounted = maxCounted;
  }

  /** The number of pairs of user and kind that are counted now. Tests of the bound read it. */
  get size(): number {
    return this.#counts.size;
  }

  /** Counts a refusal, and writes its row if the window has room. @param owner the account's user; undefined: not known */
  record(owner: UserId | undefined, entry: NewAuditEntry): void {
    const key = `${owner ?? ''} ${entry.action}`;
    const count = this.#counts.get(key) ?? this.#begin(key, owner);
    if (count === undefined) return;
    if (count.rows < ROWS) {
      count.rows += 1;
      this.#write(owner, entry);
    } else {
      count.more += 1;
      count.last = entry;
    }
  }

  /** Records that a device presented an invalid pairing token, for the token's owner. */
  pairing(hash: TokenHash, by: Requester): void {
    if (this.#questions >= MAX_QUESTIONS) return;
    this.#questions += 1;
    this.#store
      .spentPairing(hash)
      .then((spent) => {
        const target = spent && { target: spent.tokenId };
        const refused = { action: 'device.paired', result: 'refused', ...target } as const;
        this.record(spent?.owner, { actor: 'device', ...by, ...refused });
      })
      .catch((error: unknown) => this.#lost(error))
      .finally(() => {
        this.#questions -= 1;
      });
  }

  /** Writes the rows of all open windows now. The store must still answer. */
  close(): void {
    for (const key of [...this.#counts.keys()]) this.#end(key);
  }

  /** Begins a window. Undefined: there is no room for another pair. */
  #begin(key: string, owner: UserId | undefined): Count | undefined {
    if (this.#counts.size >= this.#maxCounted) return undefined;
    const cancel = this.#clock.after(WINDOW_MS, () => this.#end(key));
    const count: Count = { owner, cancel, rows: 0, more: 0, last: undefined };
    this.#counts.set(key, count);
    return count;
  }

  #end(key: string): void {
    const count = this.#counts.get(key);
    if (count === undefined) return;
    const { owner, last, more, cancel } = count;
    this.#counts.delete(key);
    cancel();
    if (last !== undefined) this.#write(owner, { ...last, times: more });
  }

  #write(owner: UserId | undefined, entry: NewAuditEntry): void {
    this.#store.audit(owner, entry).catch((error: unknown) => this.#lost(error));
  }

  #lost(error: unknown): void {
    this.#log.warn(storeWhy(error), 'a refusal could not be written to the audit log');
  }
}
