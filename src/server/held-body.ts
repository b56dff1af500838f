// `HeldBody` holds a request's body back until it is decided what becomes of the request.
import type { HttpResponse } from 'uWebSockets.js';
import { BodyBacklog } from './body-backlog.js';

/** Takes body bytes, which are valid only until the function returns. */
export type TakeBody = (chunk: ArrayBuffer | Uint8Array, last: boolean) => void;

const IGNORE: TakeBody = () => {};

function pauseHeld(body: HeldBody): void {
  body.pauseIfHeld();
}

/**
 * Holds a request's body back until it is decided what becomes of the request, because uWebSockets.js gives a body to the
 * listener that is set when the handler returns, or to none. It holds the bytes of one turn, then pauses the socket.
 */
export class HeldBody {
  readonly #res: HttpResponse;
  readonly #held = new BodyBacklog();
  #ended = false;
  #paused = false;
  #take: TakeBody | undefined;

  /** To be called only before the request's handler returns. */
  constructor(res: HttpResponse) {
    this.#res = res;
    res.onData((chunk, last) => this.#arrived(chunk, last));
  }

  /** Gives `take` the bytes that came and all that come later. To be called only while the response is open. */
  release(take: TakeBody): void {
    this.#take = take;
    for (let chunk = this.#held.shift(); chunk !== undefined; chunk = this.#held.shift()) {
      take(chunk, this.#ended && this.#held.isEmpty);
    }
  }

  /**
   * Lets the socket run again, so that the connection's next bytes can be read. To be called only while the response is
   * open.
   */
  resume(): void {
    if (this.#paused) this.#res.resume();
    this.#paused = false;
  }

  /** Reads the rest of the body and drops it. To be called only while the response is open. */
  discard(): void {
    this.abandon();
    this.resume();
  }

  /** Drops the bytes, and those to come: the response is over. */
  abandon(): void {
    this.#take = IGNORE;
    this.#held.clear();
  }

  /** Runs after the read whose first chunk was held. */
  pauseIfHeld(): void {
    // The socket is never paused after the body's end: if it is resumed then, it is closed 10 s later; if not, it is never
    // read again.
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
