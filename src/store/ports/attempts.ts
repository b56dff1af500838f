// This port counts tries that guess at something, for all processes together.
/** The tries of one key within its window of time, which begins with the first try. */
export interface AttemptCount {
  readonly count: number;
  /** The time until the window is over, in ms. */
  readonly leftMs: number;
}

/** Counts tries for all processes together: neither a restart nor a second process gives a guesser a new allowance. */
export interface AttemptPort {
  /** Counts a try and answers its number in the window: of many tries at one time each has a number of its own. */
  countAttempt(key: string, windowMs: number): Promise<AttemptCount>;
  /** Takes back a try that was counted, unless its window is over. */
  forgiveAttempt(key: string): Promise<void>;
}
