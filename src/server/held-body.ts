// This file holds a request body back until it is known what becomes of the request.
import type { HttpResponse } from 'uWebSockets.js';
import { BodyBacklog } from './body-backlog.js';

/** Takes body bytes, which are only good until it returns. */
export type TakeBody = (chunk: ArrayBuffer | Uint8Array, last: boolean) => void;

const IGNORE: TakeBody = () => {};

function pauseHeld(body: HeldBody): void {
  body.pauseIfHeld();
}

/**
 * Holds a request's body back while it is not yet known what becomes of the request: uWebSockets.js gives a body to the listener
 * that is there when the handler returns, or to none. Holds what one turn brings, then pauses the socket.
 */
export class HeldBody {
  readonly #res: HttpResponse;
  readonly #held = new BodyBacklog();
  #ended = false;
  #paused = false;
  #take: TakeBody | undefined;

  /** Only before the request's handler returns. */
  constructor(res: HttpResponse) {
    this.#res = res;
    res.onData((chunk, last) => this.#arrived(chunk, last));
  }

  /** Gives `take` the bytes that came and all that come later. Only while the response is open. */
  release(take: TakeBody): void {
    this.#take = take;
    for (let chunk = this.#held.shift(); chunk !== undefined; chunk = this.#held.shift()) {
      take(chunk, this.#ended && this.#held.isEmpty);
    }
  }

  /** Lets the socket run again, so that what follows on the connection can be read. Only while the response is open. */
  resume(): void {
    if (this.#paused) this.#res.resume();
    this.#paused = false;
  }

  /** Reads the rest of the body and drops it. Only while the response is open. */
  discard(): void {
    this.abandon();
    this.resume();
  }

  /** Drops the bytes, those to come too: the response is over. */
  abandon(): void {
    this.#take = IGNORE;
    this.#held.clear();
  }

  /** Runs after the read whose first chunk was held. */
  pauseIfHeld(): void {
    // Never after the end: a socket that is resumed then is closed 10 s later, a paused one is not read again.
    if (this.#take !== undefined || this.#ended || this.#paused) return;
    this.#paused = true;
    this.#res.pause();
  }

  #arrived(chunk: ArrayBuffer, last: boolean): void {
    this.#ended = last;
    if (this.#take !== undefined) return this.#take(chunk, last);
    if (this.#held.isEmpty && !last) setImmediate(pauseHeld, this);
    if (!this.#held.push(chunk)) this.#res.close();
  }
}
