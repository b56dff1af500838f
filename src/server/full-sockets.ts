// Full sockets are tried again from time to time, so that slow readers are not cut.
import { DenseSet, type Slotted } from '../collections/dense-set.js';

/**
 * How often a full socket is tried again, in ms. uWebSockets.js closes a socket 10 s after a write that did not fit, unless
 * the socket has drained by then; but the system reports that only when a third of its buffer is free, which is megabytes: a
 * steady but slow reader would be cut. Each write that does not fit starts the 10 s anew.
 */
export const RETRY_MS = 4000;

/** How many tries in a row may move no byte: after them the reader counts as stopped, and the socket is left to be closed. */
export const MAX_IDLE_TRIES = 60;

/** An answer whose socket is full. */
export interface FullSocket extends Slotted {
  /** Writes as many bytes as the socket takes; may remove the answer from the set. */
  retry(): void;
}

const full = new DenseSet<FullSocket>();
let timer: NodeJS.Timeout | undefined;

function retryAll(): void {
  for (const socket of full) socket.retry();
  if (full.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

/** Tries `socket` again from time to time, until it is removed. */
export function addFullSocket(socket: FullSocket): void {
  full.add(socket);
  timer ??= setInterval(retryAll, RETRY_MS).unref();
}

/** Stops the tries of `socket`; does nothing if there are none. */
export function removeFullSocket(socket: FullSocket): void {
  full.delete(socket);
}
