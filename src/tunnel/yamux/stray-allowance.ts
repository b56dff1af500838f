import type { Config } from './config.js';

/**
 * How much data for streams that are gone may still be dropped (rule 10). A peer sends it in good faith until it learns
 * of the reset, but never more than the windows of those streams allowed.
 */
export class StrayAllowance {
  #left: number;
  /** More than this can never be on its way. */
  readonly #most: number;

  constructor({ strayData, maxOutgoing, maxIncoming, initialWindow, windowGrowth }: Config) {
    this.#left = strayData;
    this.#most = strayData + (maxOutgoing + maxIncoming) * initialWindow + windowGrowth;
  }

  /** A stream was reset while the peer could send `credit` bytes on it. */
  add(credit: number): void {
    this.#left = Math.min(this.#left + credit, this.#most);
  }

  /** @returns false when these bytes are too many */
  take(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }
}
