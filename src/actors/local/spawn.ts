// `spawn` starts an actor in this thread.
import type { ActorContext, ActorRef, Asks, Behaviour, NoAsks } from '../behaviour.js';
import { type Clock, systemClock } from '../clock.js';
import type { ExitReason } from '../errors.js';
import { MAILBOX_MESSAGES } from '../limits.js';
import { Cell } from './cell.js';
import { LocalRef } from './local-ref.js';

/** The options of {@link spawn}. */
export interface SpawnOptions {
  /** Messages and questions that may wait; more are refused. Default 1024. */
  readonly mailbox?: number;
  readonly clock?: Clock;
}

/** A function that begins an actor: it gets the actor's context and returns its behaviour. */
export type Start<Message, A extends Asks = NoAsks> = (
  context: ActorContext<Message>,
) => Behaviour<Message, A> | Promise<Behaviour<Message, A>>;

let lastId = 0;

/**
 * Starts an actor in this thread. `start` runs at once; if it fails, the actor ends as `crashed`, which a monitor
 * sees. Messages may be sent at once: they wait for `start`.
 */
export function spawn<Message, A extends Asks = NoAsks>(
  start: Start<Message, A>,
  options: SpawnOptions = {},
): ActorRef<Message, A> {
  const clock = options.clock ?? systemClock;
  const cell = new Cell<Message, A>(options.mailbox ?? MAILBOX_MESSAGES, clock);
  lastId += 1;
  const ref = new LocalRef(lastId, cell, clock);
  const context: ActorContext<Message> = {
    self: ref,
    now: () => clock.now(),
    schedule: (delayMs, message) => cell.schedule(delayMs, message),
    exit: (reason?: ExitReason) => cell.stop(reason),
  };
  cell.start(() => start(context));
  return ref;
}
