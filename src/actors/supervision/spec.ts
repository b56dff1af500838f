import type { ActorRef, Asks } from '../behaviour.js';
import type { ExitReason } from '../exit.js';

/** Anything that can be supervised: a host, another supervisor, an actor (see {@link actorChild}). */
export interface Child {
  /** Resolves once, with the reason of its end; never rejects. */
  readonly exited: Promise<ExitReason>;
  /** Asks it to end; past `timeoutMs` it ends itself by force. */
  stop(timeoutMs: number): Promise<ExitReason>;
  kill(why: string): void;
}

/**
 * - permanent: always restarted
 * - transient: restarted unless it ended as `normal`
 * - temporary: never restarted
 */
export type Restart = 'permanent' | 'transient' | 'temporary';

export interface ChildSpec<C extends Child = Child> {
  /** Unique within its supervisor. */
  readonly id: string;
  /** Starts it, at first and at every restart. Must settle by itself: a start is not interrupted. */
  start(): Promise<C>;
  readonly restart: Restart;
  /** Milliseconds it gets to stop (Infinity for supervisors), or 'kill': none. */
  readonly shutdown: number | 'kill';
}

/**
 * - one-for-one: children are independent. They start together; one that fails is restarted alone.
 * - rest-for-one: each needs those before it. They start one after the other; when one fails, those after it are
 *   stopped and restarted with it.
 */
export type Strategy = 'one-for-one' | 'rest-for-one';

/** Restarts that a supervisor bears: more than `restarts` in `withinMs` and it gives up. */
export interface Intensity {
  readonly restarts: number;
  readonly withinMs: number;
}

/** Burst and sustained rate chosen separately, as OTP advises: 5 in 30 s. */
export const defaultIntensity: Intensity = { restarts: 5, withinMs: 30_000 };

/** That of a supervisor of so many children, each of which may fail as often as one alone: they are independent. */
export function intensityOf(children: number): Intensity {
  return { ...defaultIntensity, restarts: children * defaultIntensity.restarts };
}

/** An actor as a child. */
export function actorChild<Message, A extends Asks>(ref: ActorRef<Message, A>): Child {
  return {
    exited: new Promise((resolve) => {
      ref.monitor(resolve);
    }),
    stop: (timeoutMs) => ref.stop(timeoutMs),
    kill: (why) => ref.kill(why),
  };
}
