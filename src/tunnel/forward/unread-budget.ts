// `UnreadBudget` bounds the bytes that callers and devices leave unread in this process, and chooses whom to cut to make
// room.
import { type Clock, systemClock } from '../../actors/clock.js';
import type { ForwardFailure } from '../../contract/call.js';
import type { Logger } from '../../observability/log.js';
import { INITIAL_WINDOW } from '../yamux/constants.js';

/** One user may take the budget divided by this number. */
const USER_SHARE = 4;

/**
 * How many bytes a reader must take in {@link PATIENCE_MS}, or it has stalled: one that takes a byte now and then is no
 * better.
 */
const PACE_BYTES = INITIAL_WINDOW / 4;

/** How long a reader must have stalled, in ms, before it may be cut to make room. */
export const PATIENCE_MS = 30_000;

/** How often stalled readers are looked for while there is no room, in ms. */
const LOOK_EVERY_MS = 1000;

/** The failure of a call for which there is no room. */
export const NO_ROOM: ForwardFailure = {
  code: 'overloaded',
  detail: 'answers that nobody reads take all the room there is; read them, or break them off',
};

/** The budget's counters, for the metrics. */
export interface UnreadCounts {
  /** Bytes that callers have not taken, and bytes that devices may still add to them. */
  unreadBytes: number;
  /** Calls and WebSockets that were refused because there was no room. */
  unreadRefused: number;
  /** Readers that were cut to make room. */
  unreadCut: number;
}

/** A call or WebSocket whose bytes are unread. */
export interface Reader {
  /** Ends the answer or WebSocket so that its caller can tell it from a whole one, and drops the bytes it holds. */
  evict(): void;
}

/** The bytes that one user's readers have not taken. */
interface Share {
  readonly user: string;
  bytes: number;
  /** The readers with unread bytes, in the order of when they last kept pace: the first has stalled longest. */
  readonly readers: Set<Unread>;
}

/** The options of an {@link UnreadBudget}. */
export interface UnreadBudgetOptions {
  /** Bytes of all users together; one user may have a quarter of them. */
  readonly bytes: number;
  readonly counts: UnreadCounts;
  readonly log: Logger;
  readonly clock?: Clock;
}

/**
 * Bounds the bytes that a process keeps for callers that do not read. At the budget, or at a user's share of it, new calls are
 * refused; then the reader that has stalled longest is cut, but none before {@link PATIENCE_MS}. Answers asked for before the
 * refusals began may still come, in windows that have grown: once they exceed the budget by more than a share, a reader of the
 * user who holds most is cut at once, as no reader is worth the process (docs/adr/0028).
 */
export class UnreadBudget {
  readonly #bytes: number;
  readonly #share: number;
  readonly #counts: UnreadCounts;
  readonly #log: Logger;
  readonly #clock: Clock;
  /** The shares by user; only users with unread bytes have one. */
  readonly #shares = new Map<string, Share>();
  #total = 0;
  /** As `#total`, but with no more than a share for each user: a user who exceeds the share takes no room from others. */
  #due = 0;
  #looking = false;

  constructor({ bytes, counts, log, clock = systemClock }: UnreadBudgetOptions) {
    this.#bytes = bytes;
    this.#share = bytes / USER_SHARE;
    this.#counts = counts;
    this.#log = log;
    this.#clock = clock;
  }

  /** Whether a new call of `user` has to be refused. Every call asks this, and most processes have no slow reader at all. */
  refuses(user: string): boolean {
    if (this.#total === 0) return false;
    if (!this.#isSpent && !this.#isFull(this.#shares.get(user))) return false;
    this.#counts.unreadRefused += 1;
    return true;
  }

  /** Makes the account of a reader of `user` that has left bytes unread for the first time. */
  reader(user: string, reader: Reader): Unread {
    return new Unread(this, user, reader, this.#clock);
  }

  /** @internal `unread` holds `bytes` more, or fewer if negative */
  count(unread: Unread, bytes: number): void {
    let share = this.#shares.get(unread.user);
    if (share === undefined) {
      share = { user: unread.user, bytes: 0, readers: new Set() };
      this.#shares.set(unread.user, share);
    }
    this.#due -= Math.min(share.bytes, this.#share);
    share.bytes += bytes;
    this.#due += Math.min(share.bytes, this.#share);
    this.#total += bytes;
    this.#counts.unreadBytes += bytes;
    if (unread.bytes === 0) share.readers.delete(unread);
    else share.readers.add(unread);
    if (share.readers.size === 0) this.#shares.delete(unread.user);
    if (bytes > 0) this.#makeRoom(share);
  }

  /** @internal `unread` has kept pace until now */
  keptPace(unread: Unread): void {
    const readers = this.#shares.get(unread.user)?.readers;
    if (readers?.delete(unread)) readers.add(unread);
  }

  get #isSpent(): boolean {
    return this.#due >= this.#bytes;
  }

  #isFull(share: Share | undefined): boolean {
    return share !== undefined && share.bytes >= this.#share;
  }

  /** Keeps the hard bound, which is the budget and one share: cuts readers until the total is below. */
  #makeRoom(share: Share): void {
    while (this.#total > this.#bytes + this.#share) {
      const longest = firstOf(this.#largest());
      if (longest === undefined) break;
      this.#evict(longest);
    }
    if (this.#looking || !(this.#isSpent || this.#isFull(share))) return;
    const whose = this.#isSpent
      ? { unreadBytes: this.#total }
      : { userId: share.user, unreadBytes: share.bytes };
    this.#log.warn(whose, 'callers leave too much unread: new calls are refused');
    this.#watch();
  }

  #watch(): void {
    this.#looking = true;
    this.#clock.after(LOOK_EVERY_MS, () => this.#look());
  }

  /** Cuts readers that have stalled for too long, until there is room. */
  #look(): void {
    this.#looking = false;
    const before = this.#counts.unreadCut;
    for (const share of this.#shares.values()) {
      while (this.#isFull(share)) if (!this.#cutStalled(firstOf(share))) break;
    }
    while (this.#isSpent) if (!this.#cutStalled(this.#longest())) break;
    const cut = this.#counts.unreadCut - before;
    if (cut > 0) this.#log.warn({ cut, unreadBytes: this.#total }, 'readers that had stalled were cut');
    const isFull = [...this.#shares.values()].some((share) => this.#isFull(share));
    if (isFull || this.#isSpent) this.#watch();
  }

  #largest(): Share | undefined {
    let largest: Share | undefined;
    for (const share of this.#shares.values()) {
      if (largest === undefined || share.bytes > largest.bytes) largest = share;
    }
    return largest;
  }

  #longest(): Unread | undefined {
    let longest: Unread | undefined;
    for (const share of this.#shares.values()) {
      const first = firstOf(share);
      if (first !== undefined && (longest === undefined || first.since < longest.since)) longest = first;
    }
    return longest;
  }

  /** @returns false: the reader has not stalled for long */
  #cutStalled(reader: Unread | undefined): boolean {
    if (reader === undefined || this.#clock.now() - reader.since < PATIENCE_MS) return false;
    this.#evict(reader);
    return true;
  }

  #evict(unread: Unread): void {
    this.#counts.unreadCut += 1;
    unread.release();
    unread.reader.evict();
  }
}

/** The reader of a share that has stalled longest. */
function firstOf(share: Share | undefined): Unread | undefined {
  const [first] = share?.readers ?? [];
  return first;
}

/**
 * The account of one reader: the bytes it has not taken. It is made when the reader first leaves bytes unread: most never
 * do.
 */
export class Unread {
  readonly user: string;
  readonly reader: Reader;
  /** Bytes that count now, promised bytes included. */
  bytes = 0;
  /** When the reader last kept pace, in ms of the clock. */
  since = 0;
  readonly #budget: UnreadBudget;
  readonly #clock: Clock;
  /** Bytes given to the reader that it has not taken. */
  #held = 0;
  #promised = 0;
  /** Bytes taken since `since`. */
  #taken = 0;

  constructor(budget: UnreadBudget, user: string, reader: Reader, clock: Clock) {
    this.#budget = budget;
    this.user = user;
    this.reader = reader;
    this.#clock = clock;
  }

  /**
   * Reports what the reader holds once it was given more. The device's window counts from the first byte that is not taken:
   * otherwise all calls of one moment would be let in. The reader may be cut meanwhile.
   * @param held bytes that were given to the reader and that it has not taken
   * @param promised how many more bytes may come; 0: none
   */
  hold(held: number, promised: number): void {
    if (this.bytes === 0) this.#begin();
    this.#held = held;
    this.#promised = promised;
    this.#count(held === 0 ? 0 : Math.max(held, promised));
  }

  /** Reports what the reader still holds once it has taken some; never cuts. */
  take(held: number): void {
    if (this.bytes === 0) return;
    this.#taken += this.#held - held;
    this.#held = held;
    if (this.#taken >= PACE_BYTES) {
      this.#begin();
      this.#budget.keptPace(this);
    }
    this.#count(held === 0 ? 0 : Math.max(held, this.#promised));
  }

  /** Reports that the reader is gone, with the bytes it held. */
  release(): void {
    this.#held = 0;
    this.#count(0);
  }

  #count(bytes: number): void {
    if (bytes === this.bytes) return;
    const more = bytes - this.bytes;
    this.bytes = bytes;
    this.#budget.count(this, more);
  }

  #begin(): void {
    this.since = this.#clock.now();
    this.#taken = 0;
  }
}
