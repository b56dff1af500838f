// `Cell` runs one actor in this thread: its mailbox, its life, its end.
import type { Asks, Behaviour } from '../behaviour.js';
import type { Clock } from '../clock.js';
import { ActorGoneError, crashed, type ExitReason, NORMAL } from '../errors.js';
import { Monitors } from '../monitors.js';
import { Mailbox } from './mailbox.js';
import { type Answers, OpenQuestions, Question } from './question.js';
import { type Runnable, runQueue } from './run-queue.js';
import { Timers } from './timers.js';

/** A callback that runs inside the actor, in mailbox order, when its link takes bytes again. */
class Resumption {
  readonly run: () => void;

  constructor(run: () => void) {
    this.run = run;
  }
}

/** The owner of a cell whose actor lives in a host: it passes on the actor's end and its credit. */
export interface CellOwner {
  /** The actor has ended; called once, before the monitors are. */
  exited(reason: ExitReason): void;
  /** Queued items of `bytes` bytes together have left the mailbox. */
  consumed(bytes: number): void;
}

/**
 * - starting: `start` is pending, messages queue
 * - running: messages are handled
 * - terminating: `terminated` is pending, nothing more is handled
 * - ended
 */
type Phase = 'starting' | 'running' | 'terminating' | 'ended';

/** One actor in this thread: its mailbox, its life, its end. CONTRACT.md says how it behaves. */
export class Cell<Message, A extends Asks> implements Runnable {
  readonly #owner: CellOwner | undefined;
  readonly #clock: Clock;
  readonly #mailbox: Mailbox<Message | Question | Resumption>;
  // Timers and questions are created on first use: most actors have none.
  #timers: Timers | undefined;
  #questions: OpenQuestions | undefined;
  readonly #monitors = new Monitors();
  #behaviour: Behaviour<Message, A> | undefined;
  #phase: Phase = 'starting';
  /** Set once the actor is to end: nothing more is accepted. */
  #ending: ExitReason | undefined;
  /** True while a handler runs, or the promise it returned is pending. */
  #busy = false;
  /** True while the cell is in the run queue. */
  #queued = false;

  /** @param mailbox how many messages and questions may wait */
  constructor(mailbox: number, clock: Clock, owner?: CellOwner) {
    this.#mailbox = new Mailbox(mailbox);
    this.#clock = clock;
    this.#owner = owner;
  }

  /** True until the actor has begun to end. */
  get alive(): boolean {
    return this.#ending === undefined;
  }

  get ended(): boolean {
    return this.#phase === 'ended';
  }

  /** Runs `start`; until it is done messages queue. */
  start(start: () => Behaviour<Message, A> | Promise<Behaviour<Message, A>>): void {
    this.#busy = true;
    try {
      const behaviour = start();
      if (behaviour instanceof Promise) {
        behaviour.then(
          (value) => this.#started(value),
          (error) => this.fail(error),
        );
      } else this.#started(behaviour);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Queues an item; it is handled in a later microtask. False when refused. */
  enqueue(item: Message | Question): boolean {
    if (this.#ending !== undefined || !this.#mailbox.push(item)) return false;
    this.#wake();
    return true;
  }

  /**
   * Handles an item at once when nothing is before it, else queues it.
   * @returns the bytes still held: 0, or `bytes` when it was queued; -1 when the mailbox refused it.
   */
  deliver(item: Message | Question, bytes: number): number {
    if (this.#ending !== undefined) return 0;
    if (this.#busy || this.#mailbox.length > 0) return this.#mailbox.push(item, bytes) ? bytes : -1;
    this.#handle(item);
    return 0;
  }

  /** Runs `resume` inside the actor, in mailbox order. */
  resume(resume: () => void): void {
    this.#force(new Resumption(resume));
  }

  /** See ActorContext.schedule. */
  schedule(delayMs: number, message: Message): () => void {
    if (this.#phase === 'terminating' || this.#phase === 'ended') return () => {};
    this.#timers ??= new Timers(this.#clock);
    return this.#timers.after(delayMs, () => this.#force(message));
  }

  monitor(watcher: (reason: ExitReason) => void): () => void {
    return this.#monitors.add(watcher);
  }

  /** Ends the actor after the running handler. */
  stop(reason: ExitReason = NORMAL): void {
    if (this.#ending !== undefined) return;
    this.#ending = reason;
    if (!this.#busy) this.#terminate();
  }

  /** Ends the actor as crashed. A handler that is pending is not waited for: the actor is broken already. */
  fail(error: unknown): void {
    if (this.#phase === 'terminating' || this.#phase === 'ended') return;
    this.#ending = crashed(error);
    this.#terminate();
  }

  /** Ends the actor now, without `terminated`. */
  kill(reason: ExitReason): void {
    if (this.#phase !== 'ended') this.#end(reason);
  }

  drain(budget: number): number {
    this.#queued = false;
    let handled = 0;
    while (handled < budget && !this.#busy && this.#mailbox.length > 0) {
      const bytes = this.#mailbox.nextBytes;
      const item = this.#mailbox.shift();
      if (bytes > 0) this.#owner?.consumed(bytes);
      handled += 1;
      this.#handle(item);
    }
    this.#wake();
    return handled;
  }

  /**
   * Queues an item beyond the bound: the actor itself caused the item, and the limits of timers and credit bound how many
   * there are.
   */
  #force(item: Message | Resumption): void {
    if (this.#ending !== undefined) return;
    this.#mailbox.force(item);
    this.#wake();
  }

  #wake(): void {
    if (this.#queued || this.#busy || this.#mailbox.length === 0) return;
    this.#queued = true;
    runQueue.add(this);
  }

  #started(behaviour: Behaviour<Message, A>): void {
    if (this.#phase === 'ended') return;
    this.#behaviour = behaviour;
    this.#phase = 'running';
    this.#handled();
  }

  #handle(item: Message | Question | Resumption): void {
    this.#busy = true;
    try {
      // An arrow function may return any value where `void` is declared: only promises count.
      const pending: unknown = this.#dispatch(item);
      if (pending instanceof Promise) {
        pending.then(
          () => this.#handled(),
          (error) => this.fail(error),
        );
        return;
      }
    } catch (error) {
      this.fail(error);
      return;
    }
    this.#handled();
  }

  #dispatch(item: Message | Question | Resumption): unknown {
    if (item instanceof Question) return this.#put(item);
    if (item instanceof Resumption) return item.run();
    return this.#behaviour?.receive(item);
  }

  #put(question: Question): void {
    this.#questions ??= new OpenQuestions((error) => this.fail(error));
    this.#questions.put(question, this.#behaviour?.answer as Answers | undefined);
  }

  #handled(): void {
    this.#busy = false;
    if (this.#ending !== undefined) this.#terminate();
    else this.#wake();
  }

  /** Runs `terminated`, then ends the actor. Questions that `terminated` settles are still answered. */
  #terminate(): void {
    if (this.#phase === 'terminating' || this.#phase === 'ended') return;
    const reason = this.#ending ?? NORMAL;
    this.#phase = 'terminating';
    this.#busy = true;
    this.#discard(reason);
    try {
      const pending: unknown = this.#behaviour?.terminated?.(reason);
      if (pending instanceof Promise) {
        pending.then(
          () => this.#end(reason),
          (error) => this.#end(crashed(error)),
        );
      } else this.#end(reason);
    } catch (error) {
      this.#end(crashed(error));
    }
  }

  #end(reason: ExitReason): void {
    if (this.#phase === 'ended') return;
    this.#phase = 'ended';
    this.#busy = true;
    this.#ending = reason;
    this.#behaviour = undefined;
    this.#discard(reason);
    this.#questions?.refuseAll(new ActorGoneError(reason, true));
    this.#owner?.exited(reason);
    this.#monitors.end(reason);
  }

  #discard(reason: ExitReason): void {
    this.#timers?.cancelAll();
    const bytes = this.#mailbox.bytes;
    while (this.#mailbox.length > 0) {
      const item = this.#mailbox.shift();
      if (item instanceof Question) item.asker.refused(new ActorGoneError(reason, false));
    }
    if (bytes > 0) this.#owner?.consumed(bytes);
  }
}
