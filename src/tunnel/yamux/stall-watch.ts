/** Tells when output has waited too long without any of it being taken (rule 40). */
export class StallWatch {
  readonly #timeout: number;
  #frames = 0;
  #since: number;

  /** @param timeout ms */
  constructor(timeout: number, now: number) {
    this.#timeout = timeout;
    this.#since = now;
  }

  /** @param frames sent so far. @returns whether frames are due and none was sent for the timeout */
  isStalled(isDue: boolean, frames: number, now: number): boolean {
    if (isDue && frames === this.#frames) return now - this.#since >= this.#timeout;
    this.#frames = frames;
    this.#since = now;
    return false;
  }
}
