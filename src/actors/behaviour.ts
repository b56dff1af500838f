// An actor is written as a `Behaviour` and reached by its `ActorRef`; this file defines both.
import type { ExitReason } from './errors.js';

/** Questions an actor answers: name → request and response. Both must survive the structured clone. */
export type Asks = Record<string, { request: unknown; response: unknown }>;

/** The questions of an actor that answers none. */
export type NoAsks = Record<never, never>;

/**
 * What an actor does with its messages. It handles one message at a time: while a promise returned by `receive` is pending,
 * the next message waits. A throw or rejection of `receive` ends the actor.
 */
export interface Behaviour<Message, A extends Asks = NoAsks> {
  receive(message: Message): void | Promise<void>;

  /**
   * Answers to asks. The function runs in message order; a promise it returns does not hold the mailbox, the
   * reply leaves when it settles. A `CodedError` (thrown or rejected) is an answer and reaches the asker with its
   * code; any other error ends the actor, and the asker learns that.
   */
  readonly answer?: {
    readonly [K in keyof A]: (request: A[K]['request']) => A[K]['response'] | Promise<A[K]['response']>;
  };

  /** Clean-up; runs once, after the last handler, on every end but a kill or the loss of the host. */
  terminated?(reason: ExitReason): void | Promise<void>;
}

/** What the runtime gives an actor at its start. */
export interface ActorContext<Message> {
  readonly self: ActorRef<Message>;
  /** Milliseconds of the host's monotonic clock, read once per callback of the event loop. */
  now(): number;
  /**
   * Delivers `message` to this actor after `delayMs`, unless the actor has ended by then. Returns a function that cancels
   * this.
   */
  schedule(delayMs: number, message: Message): () => void;
  /** Ends this actor after the running handler; queued messages are discarded. */
  exit(reason?: ExitReason): void;
}

/** The address of an actor: the only way to reach it. Safe to keep after the actor ended. */
export interface ActorRef<Message, A extends Asks = NoAsks> {
  /** Unique within its system or host. */
  readonly id: number;
  /** Sends without waiting. False: refused, because the mailbox is full or the actor has ended. */
  tell(message: Message): boolean;
  /**
   * Asks and waits for the reply.
   * @throws AskTimeoutError, MailboxFullError, ActorGoneError, or the CodedError that the actor answered with.
   */
  ask<K extends keyof A & string>(
    name: K,
    request: A[K]['request'],
    timeoutMs: number,
  ): Promise<A[K]['response']>;
  /** Lets the running handler finish, discards the queue, runs `terminated`. Past `timeoutMs` the actor is killed. */
  stop(timeoutMs: number): Promise<ExitReason>;
  /** Ends the actor now and ignores the outcome of the running handler. */
  kill(why: string): void;
  /**
   * Calls `watcher` once with the exit reason, in the next microtask if the actor has ended already. Returns a function that
   * removes the watcher.
   */
  monitor(watcher: (reason: ExitReason) => void): () => void;
}
