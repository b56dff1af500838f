import type { ForwardFailure } from '../../contract/call.js';
import type { Reader, Unread, UnreadBudget } from './unread-budget.js';

/** What ends an answer that was not read. */
export const CALLER_STALLED: ForwardFailure = {
  code: 'overloaded',
  detail: 'the answer was not read, and there was no room for more',
};

/** What ends a call whose request was not read; the device has some of it. */
export const DEVICE_STALLED: ForwardFailure = {
  code: 'device-timeout',
  detail: 'the device does not read the request, and there was no room for more of it',
};

/** That much of a request may have left without a word of it: credit comes in steps (http-exchange.ts). */
const UNTOLD_BYTES = 64 * 1024;

/**
 * What one call or WebSocket holds, for its caller who does not read what the device answers, or for its device that does not read
 * what the caller sends. It counts for the budget from the first byte of an answer that stays; most leave none, and cost two additions.
 */
export abstract class HeldBytes implements Reader {
  readonly #budget: UnreadBudget;
  /** For the caller. */
  #down = 0;
  /** For the device. */
  #up = 0;
  #unread: Unread | undefined;

  constructor(budget: UnreadBudget) {
    this.#budget = budget;
  }

  abstract cut(): void;

  /** Who pays for it; undefined while nobody can. */
  protected abstract get user(): string | undefined;

  /** What the device may make it hold for the caller, whatever is read; 0: nothing more comes. */
  protected abstract get promised(): number;

  /** Bytes for the caller that it has not taken. */
  protected get unread(): number {
    return this.#down;
  }

  /** Bytes for the device of which is not known that they left. */
  protected get unsent(): number {
    return this.#up;
  }

  /** The caller is about to be given `bytes`. */
  protected giving(bytes: number): void {
    this.#down += bytes;
  }

  /** The caller was given something: what is left of it counts. It may be cut meanwhile. */
  protected given(): void {
    if (this.#down > 0) this.#count();
    else this.#recount();
  }

  /** The caller took `bytes`, maybe while it is given them. */
  protected taken(bytes: number): void {
    this.#down -= bytes;
    this.#recount();
  }

  /** `bytes` are held for the device. It may be cut meanwhile. */
  protected sending(bytes: number): void {
    this.#up += bytes;
    if (this.#up > UNTOLD_BYTES) this.#count();
  }

  /** `bytes` of them left. */
  protected sent(bytes: number): void {
    this.#up = Math.max(0, this.#up - bytes);
    this.#recount();
  }

  /** What was held for the device is gone. */
  protected dropUnsent(): void {
    this.#up = 0;
    this.#recount();
  }

  /** All of it is gone. */
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
