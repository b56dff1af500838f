import { INITIAL_WINDOW } from './constants.js';

/** A window grows when half of it was used within this many round trips. */
const GROW_WITHIN_ROUND_TRIPS = 2;
/** A shorter round trip than the clock can tell, in ms. */
const SHORTEST_ROUND_TRIP = 1;

/** Bytes by which the windows of one session may still grow, shared by its streams. */
export interface GrowthBudget {
  left: number;
}

/**
 * What the peer may send on one stream. Always: available + arriving + unread <= size, or the initial window if that
 * is larger; none is ever negative. Credit goes back when the application has read (rule 19).
 */
export class ReceiveWindow {
  /** Bytes the peer may have sent and the application not read. Starts as configured, doubles by `tune`. */
  size: number;
  /** Bytes the peer may send now, as it knows it: every stream starts with the protocol's window. */
  available = INITIAL_WINDOW;
  /** Bytes of the current frame that were announced and have not come. */
  arriving = 0;
  /** Bytes given to the application and not yet read by it. */
  unread = 0;
  readonly #initial: number;
  #tunedAt: number;

  constructor(size: number, now: number) {
    this.size = size;
    this.#initial = size;
    this.#tunedAt = now;
  }

  /** A data frame of `length` bytes begins. @returns false when it overflows the window. */
  announce(length: number): boolean {
    if (length > this.available) return false;
    this.available -= length;
    this.arriving = length;
    return true;
  }

  /** `bytes` of the frame came and go to the application. */
  deliver(bytes: number): void {
    this.arriving -= bytes;
    this.unread += bytes;
  }

  /** The application has read `bytes`. @throws RangeError when that is more than it was given */
  consume(bytes: number): void {
    if (!(bytes >= 0 && bytes <= this.unread)) {
      throw new RangeError(`consumed ${bytes} of ${this.unread} unread bytes`);
    }
    this.unread -= bytes;
  }

  /** Credit that could be given back. */
  get owed(): number {
    return Math.max(0, this.size - this.unread - this.arriving - this.available);
  }

  /** Half a window at a time, so that updates cost little (rule 19). */
  get isDue(): boolean {
    return this.owed >= this.size / 2;
  }

  /** Gives back what is owed. @returns the bytes for the window update. */
  grant(): number {
    const credit = this.owed;
    this.available += credit;
    return credit;
  }

  /**
   * Called each time half a window was read. Doubles the window, up to `max` and the budget, if that took few round
   * trips and the application keeps up: a slow reader must not get a larger buffer (rule 23).
   */
  tune(now: number, roundTrip: number | undefined, max: number, budget: GrowthBudget): void {
    const elapsed = now - this.#tunedAt;
    this.#tunedAt = now;
    if (roundTrip === undefined || this.unread > this.size / 4) return;
    if (elapsed > GROW_WITHIN_ROUND_TRIPS * Math.max(roundTrip, SHORTEST_ROUND_TRIP)) return;
    const step = Math.max(0, Math.min(this.size, max - this.size, budget.left));
    this.size += step;
    budget.left -= step;
  }

  /** Returns what `tune` took. */
  release(budget: GrowthBudget): void {
    budget.left += this.size - this.#initial;
    this.size = this.#initial;
  }
}
