// Lane is one direction of a relayed connection.
import type { Socket } from 'node:net';

/** The bytes that a lane keeps while they wait for their delay; above this the sender feels TCP backpressure. */
const MAX_HELD_BYTES = 1 << 20;

interface Held {
  readonly due: number;
  /** The bytes; undefined is the end of the stream (FIN). */
  readonly chunk: Buffer | undefined;
}

/**
 * One direction of a relayed connection. A holed lane reads nothing and passes nothing on, not even a FIN or the end of its
 * socket: both ends see a path that loses every packet.
 */
export class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #held: Held[] = [];
  #heldBytes = 0;
  #delayMs = 0;
  #holed = false;
  #writable = true;
  #timer: NodeJS.Timeout | undefined;
  /** The number of bytes passed on so far. */
  passed = 0;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.on('data', (chunk) => this.#hold(chunk));
    from.on('end', () => this.#hold(undefined));
    to.on('drain', () => {
      this.#writable = true;
      this.#flow();
    });
  }

  get holed(): boolean {
    return this.#holed;
  }

  hole(): void {
    this.#holed = true;
    this.#from.pause();
  }

  resume(): void {
    this.#holed = false;
    this.#flow();
  }

  /** Makes bytes that are read from now on leave `ms` later. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#held.length = 0;
    this.#holed = true;
  }

  #hold(chunk: Buffer | undefined): void {
    this.#held.push({ due: performance.now() + this.#delayMs, chunk });
    this.#heldBytes += chunk?.length ?? 0;
    this.#flow();
  }

  #flow(): void {
    while (!this.#holed && this.#writable) {
      const next = this.#held[0];
      if (next === undefined) break;
      const wait = next.due - performance.now();
      if (wait > 0) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#flow(), Math.ceil(wait));
        break;
      }
      this.#held.shift();
      this.#pass(next.chunk);
    }
    if (this.#holed || !this.#writable || this.#heldBytes > MAX_HELD_BYTES) this.#from.pause();
    else this.#from.resume();
  }

  #pass(chunk: Buffer | undefined): void {
    if (chunk === undefined) {
      this.#to.end();
      return;
    }
    this.#heldBytes -= chunk.length;
    this.passed += chunk.length;
    this.#writable = this.#to.write(chunk);
  }
}
