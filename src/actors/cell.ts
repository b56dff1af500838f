import type { Asks, Behaviour } from './behaviour.js';
import type { Clock } from './clock.js';
import { ActorGoneError, CodedError, crashed, guarded, MailboxFullError, UnknownAskError } from './errors.js';
import { type ExitReason, NORMAL } from './exit.js';
import { ASKS_PER_ACTOR, TIMERS_PER_ACTOR } from './limits.js';
import { Mailbox } from './mailbox.js';
import { type Runnable, runQueue } from './run-queue.js';

/** Where the answer to a question goes. */
export interface Asker {
  /** May throw when the answer cannot cross to the asker. */
  answered(value: unknown): void;
  refused(error: Error): void;
}

/** A question as it waits in a mailbox. */
export class Question {
  readonly name: string;
  readonly request: unknown;
  readonly asker: Asker;

  constructor(name: string, request: unknown, asker: Asker) {
    this.name = name;
    this.request = request;
    this.asker = asker;
  }
}

/** A call into the actor that is not a message, made in mailbox order: a link that takes bytes again. */
export class Resumption {
  readonly run: () => void;

  constructor(run: () => void) {
    this.run = run;
  }
}

export interface CellOptions {
  /** Messages and questions that may wait. */
  readonly mailbox: number;
  readonly clock: Clock;
  /** Told once, before the watchers. */
  readonly onExit?: (reason: ExitReason) => void;
  /** Told when queued items of that many bytes leave the mailbox. */
  readonly onConsumed?: (bytes: number) => void;
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
  readonly #clock: Clock;
  readonly #options: CellOptions;
  readonly #mailbox: Mailbox<Message | Question | Resumption>;
  #behaviour: Behaviour<Message, A> | undefined;
  #phase: Phase = 'starting';
  /** Set once the actor is to end: nothing more is accepted. */
  #ending: ExitReason | undefined;
  /** A handler runs, or the promise it returned is pending. */
  #busy = false;
  #queued = false;
  readonly #timers = new Set<() => void>();
  /** Questions whose answer is a pending promise. */
  readonly #unanswered = new Set<Question>();
  readonly #watchers = new Set<(reason: ExitReason) => void>();

  readonly #handled = () => {
    this.#busy = false;
    if (this.#ending !== undefined) this.#terminate();
    else this.#wake();
  };
  readonly #failed = (error: unknown) => this.#crash(error);

  constructor(options: CellOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#mailbox = new Mailbox(options.mailbox);
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
      if (behaviour instanceof Promise) behaviour.then((value) => this.#started(value), this.#failed);
      else this.#started(behaviour);
    } catch (error) {
      this.#crash(error);
    }
  }

  /** Queues a message or question; it is handled in a later microtask. False when refused. */
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
    if (this.#timers.size >= TIMERS_PER_ACTOR) throw new MailboxFullError('the list of timers');
    const cancelTimer = this.#clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      this.#force(message);
    });
    const cancel = () => {
      if (this.#timers.delete(cancel)) cancelTimer();
    };
    this.#timers.add(cancel);
    return cancel;
  }

  /** Ends the actor after the running handler. */
  stop(reason: ExitReason = NORMAL): void {
    if (this.#ending !== undefined) return;
    this.#ending = reason;
    if (!this.#busy) this.#terminate();
  }

  /** Ends the actor now. */
  kill(reason: ExitReason): void {
    if (this.#phase === 'ended') return;
    this.#ending = reason;
    this.#end(reason);
  }

  /** Ends the actor as crashed: a fault outside its handlers that is its own. */
  fail(error: unknown): void {
    this.#crash(error);
  }

  monitor(watcher: (reason: ExitReason) => void): () => void {
    const reason = this.#ending;
    if (this.#phase === 'ended' && reason !== undefined) {
      let wanted = true;
      queueMicrotask(() => wanted && watcher(reason));
      return () => {
        wanted = false;
      };
    }
    const watch = (why: ExitReason) => watcher(why);
    this.#watchers.add(watch);
    return () => this.#watchers.delete(watch);
  }

  drain(budget: number): number {
    this.#queued = false;
    let handled = 0;
    while (handled < budget && !this.#busy && this.#mailbox.length > 0) {
      const bytes = this.#mailbox.nextBytes;
      const item = this.#mailbox.shift();
      if (bytes > 0) this.#options.onConsumed?.(bytes);
      handled += 1;
      this.#handle(item);
    }
    if (this.#mailbox.length > 0) this.#wake();
    return handled;
  }

  /** What the actor has already promised itself is bounded by timers and credit, not by the mailbox. */
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
      // An arrow function may return what it likes to a `void` signature: only promises count.
      const pending: unknown = this.#dispatch(item);
      if (pending instanceof Promise) {
        pending.then(this.#handled, this.#failed);
        return;
      }
    } catch (error) {
      this.#crash(error);
      return;
    }
    this.#handled();
  }

  #dispatch(item: Message | Question | Resumption): unknown {
    if (item instanceof Question) return this.#answer(item);
    if (item instanceof Resumption) return item.run();
    return this.#behaviour?.receive(item);
  }

  #answer(question: Question): void {
    const answers = this.#behaviour?.answer;
    if (answers === undefined || !(question.name in answers)) {
      question.asker.refused(new UnknownAskError(question.name));
      return;
    }
    if (this.#unanswered.size >= ASKS_PER_ACTOR) {
      question.asker.refused(new MailboxFullError('the list of unanswered questions'));
      return;
    }
    // Waiting from the start: if the answer throws, the asker learns of the end with everyone else.
    this.#unanswered.add(question);
    try {
      const answer: unknown = answers[question.name]?.(question.request);
      if (answer instanceof Promise) {
        answer.then(
          (value) => this.#settle(question, value),
          (error) => this.#refuse(question, error),
        );
      } else this.#settle(question, answer);
    } catch (error) {
      this.#refuse(question, error);
    }
  }

  #settle(question: Question, value: unknown): void {
    if (!this.#unanswered.has(question)) return;
    try {
      question.asker.answered(value);
      this.#unanswered.delete(question);
    } catch (error) {
      this.#crash(error);
    }
  }

  /** An expected failure is an answer; anything else is a fault of the actor. */
  #refuse(question: Question, error: unknown): void {
    if (!this.#unanswered.has(question)) return;
    if (error instanceof CodedError) {
      this.#unanswered.delete(question);
      question.asker.refused(error);
    } else this.#crash(error);
  }

  #crash(error: unknown): void {
    if (this.#phase === 'terminating' || this.#phase === 'ended') return;
    this.#ending = crashed(error);
    this.#terminate();
  }

  /** Runs `terminated`, then ends. Questions it settles are still answered; later ones learn that the actor is gone. */
  #terminate(): void {
    if (this.#phase === 'terminating' || this.#phase === 'ended') return;
    const reason = this.#ending ?? NORMAL;
    this.#phase = 'terminating';
    this.#busy = true;
    this.#discard(new ActorGoneError(reason));
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
    const gone = new ActorGoneError(reason);
    this.#discard(gone);
    for (const question of this.#unanswered) question.asker.refused(gone);
    this.#unanswered.clear();
    this.#behaviour = undefined;
    this.#options.onExit?.(reason);
    for (const watcher of this.#watchers) guarded(watcher, reason);
    this.#watchers.clear();
  }

  #discard(gone: ActorGoneError): void {
    for (const cancel of this.#timers) cancel();
    const bytes = this.#mailbox.bytes;
    while (this.#mailbox.length > 0) {
      const item = this.#mailbox.shift();
      if (item instanceof Question) item.asker.refused(gone);
    }
    if (bytes > 0) this.#options.onConsumed?.(bytes);
  }
}
