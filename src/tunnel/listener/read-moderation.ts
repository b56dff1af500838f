// Read moderation lets the main thread read a bulk transfer in fewer, larger parts.
/** The size in bytes from which on a message is a piece of a large body; requests, answers and control frames are smaller. */
const LARGE_BYTES = 4096;
/** The longest short turn of the event loop, in ms: a longer turn serves others too, and finds enough to read at its end. */
const SHORT_TURN_MS = 0.2;
/** How long the thread rests, in ms: as long as two hops of a call between threads take. */
const REST_MS = 0.1;

/** The memory that the thread waits on: nobody notifies it, so that the wait takes its whole time. */
const NEVER_NOTIFIED = new Int32Array(new SharedArrayBuffer(4));

/**
 * Works as interrupt moderation of network cards does (docs/adr/0024). A device writes a body in pieces of some KiB, and
 * each piece wakes this thread, the session's and the caller. After a short turn with such a piece the thread rests; then it
 * finds several pieces.
 */
export class ReadModeration {
  /** True if the thread will rest at the end of this turn, should the turn be short. */
  #planned = false;
  /** When the turn's first piece arrived, in milliseconds of `performance.now`. */
  #cameAt = 0;
  readonly #rest = () => {
    this.#planned = false;
    if (performance.now() - this.#cameAt < SHORT_TURN_MS) Atomics.wait(NEVER_NOTIFIED, 0, 0, REST_MS);
  };

  /** A message of this many bytes arrived and was passed on; the batches of the turn are posted before the thread rests. */
  received(bytes: number): void {
    if (bytes < LARGE_BYTES || this.#planned) return;
    this.#planned = true;
    this.#cameAt = performance.now();
    setImmediate(this.#rest);
  }
}
