// `HeldBytes` counts the bytes that one call or WebSocket holds for a side that does not read.
import type { ForwardFailure } from '../../contract/call.js';
import type { Reader, Unread, UnreadBudget } from './unread-budget.js';

/** The failure of a call whose answer its caller does not read. */
export const CALLER_STALLED: ForwardFailure = {
  code: 'overloaded',
  detail: 'the answer was not read, and there was no room for more',
};

/** The failure of a call whose request its device does not read; the device has some of the request. */
export const DEVICE_STALLED: ForwardFailure = {
  code: 'device-timeout',
  detail: 'the device does not read the request, and there was no room for more of it',
};

/** Request bytes that may have left for the device without a report: credit comes back in steps (body-exchange.ts). */
const UNTOLD_BYTES = 64 * 1024;

/**
 * The bytes that one call or WebSocket holds: for a caller who does not read the answer, or for a device that does not read the
 * request. They count for the budget from the first byte of an answer that stays unread; most calls leave none, and cost two
 * additions.
 */
export abstract class HeldBytes implements Reader {
  readonly #budget: UnreadBudget;
  /** Bytes held for the caller. */
  #down = 0;
  /** Bytes held for the device. */
  #up = 0;
  #unread: Unread | undefined;

  constructor(budget: UnreadBudget) {
    this.#budget = budget;
  }

  abstract evict(): void;

  /** The user whose share of the budget the bytes take; undefined while that is not known. */
  protected abstract get user(): string | undefined;

  /** Bytes that the device may still send without new credit; 0: no more bytes come. */
  protected abstract get promised(): number;

  /** Bytes that the caller has not taken. */
  protected get unread(): number {
    return this.#down;
  }

  /** Bytes for the device that are not known to have left. */
  protected get unsent(): number {
    return this.#up;
  }

  /** The caller is about to be given `bytes`. */
  protected giving(bytes: number): void {
    this.#down += bytes;
  }

  /** The caller was given bytes: those it left unread count from now on. This call may be cut meanwhile. */
  protected given(): void {
    if (this.#down > 0) this.#count();
    else this.#recount();
  }

  /** The caller took `bytes`, perhaps while it is given them. */
  protected taken(bytes: number): void {
    this.#down -= bytes;
    this.#recount();
  }

  /** `bytes` more are held for the device. This call may be cut meanwhile. */
  protected sending(bytes: number): void {
    this.#up += bytes;
    if (this.#up > UNTOLD_BYTES) this.#count();
  }

  /** `bytes` of those held for the device have left. */
  protected sent(bytes: number): void {
    this.#up = Math.max(0, this.#up - bytes);
    this.#recount();
  }

  /** Nothing is held for the device any more. */
  protected dropUnsent(): void {
    this.#up = 0;
    this.#recount();
  }

  /** Nothing is held any more. */
  protected dropHeld(): void {
    this.#up = 0;
    this.#down = 0;
    this.#unread?.release();
    this.#unread = undefined;
  }

  get #counted(): number {
    return this.#down + (this.#up > UNTOLD_BYTES ? this.#up : 0);
  }

  #count(): void {
    const { user } = this;
    if (user === undefined) return;
    this.#unread ??= this.#budget.reader(user, this);
    const held = this.#counted;
    this.#unread.hold(held, this.#down > 0 ? held - this.#down + this.promised : 0);
  }

  #recount(): void {
    this.#unread?.take(this.#counted);
  }
}
