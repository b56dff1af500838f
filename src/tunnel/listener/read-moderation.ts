/** Messages from this size on are pieces of something large; requests, answers and control frames are smaller. */
const PIECE_BYTES = 4096;
/** A turn of the event loop that takes longer serves others, too, and finds enough at its end, in ms. */
const SHORT_TURN_MS = 0.2;
/** How long the thread rests: what two hops of a call between threads take, in ms. */
const REST_MS = 0.1;

/** Nobody notifies it: the wait is over when its time is. */
const NEVER_NOTIFIED = new Int32Array(new SharedArrayBuffer(4));

/**
 * Reads a bulk transfer in fewer, larger parts, as network cards do by interrupt moderation (docs/adr/0024). A device writes a body
 * in pieces of some KiB, and each wakes this thread, the session's and the caller. After a turn that was short and had such a
 * piece, the thread rests; then it finds several.
 */
export class ReadModeration {
  #planned = false;
  /** When the turn's first piece came, in milliseconds of `performance.now`. */
  #cameAt = 0;
  readonly #rest = () => {
    this.#planned = false;
    if (performance.now() - this.#cameAt < SHORT_TURN_MS) Atomics.wait(NEVER_NOTIFIED, 0, 0, REST_MS);
  };

  /** A message of `bytes` came and was passed on; what the turn has to say leaves before the rest. */
  received(bytes: number): void {
    if (bytes < PIECE_BYTES || this.#planned) return;
    this.#planned = true;
    this.#cameAt = performance.now();
    setImmediate(this.#rest);
  }
}
