// AttemptPort counts attempts at guessing something, for all processes together.
/** The attempts of one key within its window of time, which begins with the first attempt. */
export interface AttemptCount {
  readonly count: number;
  /** The time until the window is over, in ms. */
  readonly leftMs: number;
}

/** Counts attempts for all processes together: neither a restart nor a second process gives a guesser a new allowance. */
export interface AttemptPort {
  /** Counts an attempt and answers its number in the window: attempts at one time get different numbers. */
  countAttempt(key: string, windowMs: number): Promise<AttemptCount>;
  /** Takes back an attempt that was counted, unless its window is over. */
  forgiveAttempt(key: string): Promise<void>;
}
