/** What has been tried in a window of time, which began with the first try. */
export interface AttemptCount {
  readonly count: number;
  /** Until the window is over, in ms. */
  readonly leftMs: number;
}

/**
 * Tries that guess at something, counted for all processes together: neither a restart nor a second process gives a guesser
 * a new allowance.
 */
export interface AttemptPort {
  /** Counts one, and tells how many those are: of many at one time each has a number of its own. */
  countAttempt(key: string, windowMs: number): Promise<AttemptCount>;
  /** Counts one less, as long as its window lasts. */
  forgiveAttempt(key: string): Promise<void>;
}
