import { DenseSet, type Slotted } from '../collections/dense-set.js';

/**
 * How often a socket that was full is tried again. uWebSockets.js closes one 10 s after a write that did not fit, unless it
 * has drained by then; but it hears of that only when a third of the system's buffer is free, which is megabytes: a
 * reader that is steady and slow would be cut. A write that does not fit starts its 10 s anew.
 */
export const RETRY_MS = 4000;

/** Tries in a row of which a socket may take nothing before it is left to be closed: its reader has stopped. */
export const MAX_IDLE_TRIES = 60;

/** An answer whose socket is full. */
export interface FullSocket extends Slotted {
  /** Writes what it can; may leave the set. */
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

export function removeFullSocket(socket: FullSocket): void {
  full.delete(socket);
}
