// `Liveness` pings a host and reports it as lost when it no longer answers.
import type { Clock } from '../clock.js';

/** How often a host is pinged, and when it counts as lost. */
export interface LivenessOptions {
  /** Milliseconds between pings. Default 1000. */
  readonly periodMs: number;
  /** Milliseconds of unanswered pings after which the host counts as lost. Default 5000. */
  readonly timeoutMs: number;
}

/** How {@link Liveness} sends a ping, and reports once that the host is lost. */
export interface LivenessPorts {
  ping(): void;
  lost(why: string): void;
}

/**
 * Pings a host. Silence is counted in unanswered pings, not in time: while this thread is held up itself, the host's answers
 * wait unread, and only one period is counted for that.
 */
export class Liveness {
  readonly #options: LivenessOptions;
  readonly #clock: Clock;
  readonly #ports: LivenessPorts;
  #unanswered = 0;
  #cancel: () => void = () => {};

  constructor(options: LivenessOptions, clock: Clock, ports: LivenessPorts) {
    this.#options = options;
    this.#clock = clock;
    this.#ports = ports;
  }

  start(): void {
    this.#ports.ping();
    this.#unanswered += 1;
    this.#cancel = this.#clock.after(this.#options.periodMs, () => this.#tick());
  }

  answered(): void {
    this.#unanswered = 0;
  }

  stop(): void {
    this.#cancel();
  }

  #tick(): void {
    const { periodMs, timeoutMs } = this.#options;
    if (this.#unanswered * periodMs >= timeoutMs) this.#ports.lost(`no sign of life for ${timeoutMs} ms`);
    else this.start();
  }
}
