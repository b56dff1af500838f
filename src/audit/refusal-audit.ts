import { type Clock, systemClock } from '../actors/clock.js';
import type { Logger } from '../observability/log.js';
import type { RefusalPort } from '../store/ports/admission.js';
import type { AuditPort, NewAuditEntry, Requester } from '../store/ports/audit.js';
import { storeWhy } from '../store/ports/errors.js';
import type { TokenHash, UserId } from '../store/ports/ids.js';

/** The part of the store that it uses. */
export type RefusalStore = Pick<AuditPort, 'audit'> & RefusalPort;

/** Rows of one user and kind in a window; what else is refused in it becomes one row more, with how often. */
const ROWS = 5;
const WINDOW_MS = 10 * 60_000;

/** Users and kinds that are counted at one time; what others are refused then is in the log alone. */
const MAX_COUNTED = 10_000;

/** Questions whose it was, at one time; what is refused meanwhile is in the log alone. */
const MAX_QUESTIONS = 8;

/** What was refused of one user and kind since the first. */
interface Count {
  readonly owner: UserId | undefined;
  readonly cancel: () => void;
  rows: number;
  more: number;
  /** The newest that has no row. */
  last: NewAuditEntry | undefined;
}

export interface RefusalAuditOptions {
  readonly store: RefusalStore;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly maxCounted?: number;
}

/**
 * Writes to the audit log what was refused, beside the answer: nobody waits for it, and nobody can fill the table by being
 * refused over and over. An attack shows as a few rows, and how often.
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

  /** Users and kinds that are counted. */
  get size(): number {
    return this.#counts.size;
  }

  /** @param owner whose account it concerns; undefined: nobody's that is known */
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

  /** A device presented a pairing token that is not good. */
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

  /** Writes what is counted so far, before its time. The store must still be there. */
  close(): void {
    for (const key of [...this.#counts.keys()]) this.#end(key);
  }

  /** Undefined: there is no room. */
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
