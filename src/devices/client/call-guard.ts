// `CallGuard` ends a call to a device when the caller gives it up or the deadline passes.
import { systemClock } from '../../actors/clock.js';
import { DeviceCallError } from './errors.js';

/** How long a call to a device may go on. */
export interface CallBounds {
  /** Ends the call when it aborts, in any phase; the call then fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds from the start, after which the call fails with `device-timeout`. Default: no bound but the forwarder's. */
  readonly deadlineMs?: number | undefined;
}

/** Holds the timer and the listener of one call, until the call is over. */
export class CallGuard {
  readonly #signal: AbortSignal | undefined;
  readonly #end: (error: unknown) => void;
  #cancelDeadline = (): void => {};
  readonly #abort = (): void => this.#end(this.#signal?.reason);

  /** @param end is called with the error that the call fails with; it releases the guard */
  constructor({ signal, deadlineMs }: CallBounds, end: (error: unknown) => void) {
    this.#signal = signal;
    this.#end = end;
    signal?.addEventListener('abort', this.#abort);
    if (deadlineMs === undefined) return;
    const detail = `the call was not over within ${deadlineMs} ms`;
    this.#cancelDeadline = systemClock.after(deadlineMs, () =>
      end(new DeviceCallError('device-timeout', { detail })),
    );
  }

  /** Clears the deadline: the call has come as far as it had to by then. */
  meetDeadline(): void {
    this.#cancelDeadline();
  }

  /** Lets go of the timer and the signal: the call is over. */
  release(): void {
    this.meetDeadline();
    this.#signal?.removeEventListener('abort', this.#abort);
  }
}
