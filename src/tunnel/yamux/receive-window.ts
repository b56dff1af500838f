// `ReceiveWindow` counts the bytes that the peer may send on one stream, and grows with the speed of the stream's reader.
import { INITIAL_WINDOW } from './constants.js';

/**
 * A window grows to hold the bytes that come in this many round trips: credit goes back half a window at a time, and the
 * other half keeps the path full.
 */
const ROUND_TRIPS_HELD = 2;
/** The shortest round trip that is assumed, in ms: threads wait that long for a core. */
const SHORTEST_ROUND_TRIP = 1;
/** The shortest time over which received bytes are measured, in ms: a thread that waited for a core finds many at once. */
const MEASURED_MS = 10;

/** Bytes by which the windows of one session may still grow, shared by its streams. */
export interface GrowthBudget {
  left: number;
}

/**
 * The bytes that the peer may send on one stream. Always available + arriving + unread <= size, or <= the initial window if
 * that is larger; none of them is ever negative. Credit goes back when the application has read (rule 19).
 */
export class ReceiveWindow {
  /** Bytes the peer may have sent and the application not read. Starts as configured, doubles by `tune`. */
  size: number;
  /** Bytes that the peer may send now, as far as it knows: every stream starts with the protocol's window. */
  available = INITIAL_WINDOW;
  /** Bytes of the current frame that were announced and have not come. */
  arriving = 0;
  /** Bytes given to the application and not yet read by it. */
  unread = 0;
  readonly #initial: number;
  #measuredFrom: number;
  /** Bytes that the application has read since `#measuredFrom`. */
  #read = 0;

  constructor(size: number, now: number) {
    this.size = size;
    this.#initial = size;
    this.#measuredFrom = now;
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
    this.#read += bytes;
  }

  /** Credit that could be given back. */
  get owed(): number {
    return Math.max(0, this.size - this.unread - this.arriving - this.available);
  }

  /** Whether credit is due: it goes back half a window at a time, so that updates cost little (rule 19). */
  get isDue(): boolean {
    return this.owed >= this.size / 2;
  }

  /** Gives back the credit that is owed. @returns the bytes for the window update */
  grant(): number {
    const credit = this.owed;
    this.available += credit;
    return credit;
  }

  /**
   * Called each time half a window was read. Doubles the window, up to `max` and the budget, if it is smaller than the bytes
   * that come in a few round trips, and the application keeps up: a slow reader must not get a larger buffer (rule 23).
   */
  tune(now: number, roundTrip: number | undefined, max: number, budget: GrowthBudget): void {
    const elapsed = now - this.#measuredFrom;
    if (elapsed < MEASURED_MS) return;
    const read = this.#read;
    this.#measuredFrom = now;
    this.#read = 0;
    if (roundTrip === undefined || this.unread > this.size / 4) return;
    const held = ROUND_TRIPS_HELD * Math.max(roundTrip, SHORTEST_ROUND_TRIP);
    if (this.size * elapsed > read * held) return;
    const step = Math.max(0, Math.min(this.size, max - this.size, budget.left));
    this.size += step;
    budget.left -= step;
  }

  /** Gives the bytes that `tune` took back to the budget. */
  release(budget: GrowthBudget): void {
    budget.left += this.size - this.#initial;
    this.size = this.#initial;
  }
}
