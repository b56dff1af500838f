// These types tell a supervisor what its children are, and when and how fast to restart them.
import type { ActorRef, Asks } from '../behaviour.js';
import type { ExitReason } from '../errors.js';

/** Anything that can be supervised: a host, another supervisor, an actor (see {@link actorChild}). */
export interface Child {
  /** Resolves once, with the reason of its end; never rejects. */
  readonly exited: Promise<ExitReason>;
  /** Asks the child to end; past `timeoutMs` it ends itself by force. */
  stop(timeoutMs: number): Promise<ExitReason>;
  kill(why: string): void;
}

/**
 * - permanent: always restarted
 * - transient: restarted unless it ended as `normal`
 * - temporary: never restarted
 */
export type Restart = 'permanent' | 'transient' | 'temporary';

/** How a supervisor starts, stops and restarts one child. */
export interface ChildSpec<C extends Child = Child> {
  /** Unique within its supervisor. */
  readonly id: string;
  /** Starts the child, at first and at every restart. The promise must settle by itself: a start is not interrupted. */
  start(): Promise<C>;
  readonly restart: Restart;
  /** Milliseconds that the child gets to stop (Infinity for supervisors); 'kill': it gets none. */
  readonly shutdown: number | 'kill';
}

/**
 * - one-for-one: children are independent. They start together; one that fails is restarted alone.
 * - rest-for-one: each needs those before it. They start one after the other; when one fails, those after it are
 *   stopped and restarted with it.
 */
export type Strategy = 'one-for-one' | 'rest-for-one';

/** How many restarts a supervisor tolerates: after more than `restarts` in `withinMs` it gives up. */
export interface Intensity {
  readonly restarts: number;
  readonly withinMs: number;
}

/** The default intensity, 5 restarts in 30 s: burst and sustained rate were chosen separately, as OTP advises. */
export const defaultIntensity: Intensity = { restarts: 5, withinMs: 30_000 };

/** The intensity of a supervisor of independent children: each of them may fail as often as an only child. */
export function intensityOf(children: number): Intensity {
  return { ...defaultIntensity, restarts: children * defaultIntensity.restarts };
}

/** Makes a supervised child of an actor. */
export function actorChild<Message, A extends Asks>(ref: ActorRef<Message, A>): Child {
  return {
    exited: new Promise((resolve) => {
      ref.monitor(resolve);
    }),
    stop: (timeoutMs) => ref.stop(timeoutMs),
    kill: (why) => ref.kill(why),
  };
}

/** The delays between restarts: they double from `minMs` to `maxMs`, and each is shortened at random by up to half. */
export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
}

/** The default delays between restarts. */
export const defaultBackoff: Backoff = { minMs: 100, maxMs: 10_000 };

/**
 * Milliseconds before a restart.
 * @param failures failures in a row, from 1.
 * @param random in [0, 1): spreads out the restarts of children that failed together.
 */
export function backoffMs({ minMs, maxMs }: Backoff, failures: number, random: number): number {
  const full = Math.min(maxMs, minMs * 2 ** (failures - 1));
  return full * (1 - random / 2);
}
