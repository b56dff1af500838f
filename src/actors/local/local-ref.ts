// `LocalRef` is the reference to an actor in this thread.
import type { ActorRef, Asks, NoAsks } from '../behaviour.js';
import type { Clock } from '../clock.js';
import type { ExitReason } from '../errors.js';
import { ActorGoneError, AskTimeoutError, MailboxFullError } from '../errors.js';
import { stopWithin } from '../monitors.js';
import type { Cell } from './cell.js';
import { type Asker, Question } from './question.js';

/** The address of an actor in this thread. */
export class LocalRef<Message, A extends Asks = NoAsks> implements ActorRef<Message, A> {
  readonly id: number;
  readonly #cell: Cell<Message, A>;
  readonly #clock: Clock;

  constructor(id: number, cell: Cell<Message, A>, clock: Clock) {
    this.id = id;
    this.#cell = cell;
    this.#clock = clock;
  }

  tell(message: Message): boolean {
    return this.#cell.enqueue(message);
  }

  ask<K extends keyof A & string>(
    name: K,
    request: A[K]['request'],
    timeoutMs: number,
  ): Promise<A[K]['response']> {
    return new Promise((resolve, reject) => {
      const asker = new LocalAsker(name, timeoutMs, this.#clock, resolve, reject);
      if (this.#cell.enqueue(new Question(name, request, asker))) return;
      if (this.#cell.alive) asker.refused(new MailboxFullError('the mailbox'));
      else this.#cell.monitor((reason) => asker.refused(new ActorGoneError(reason, false)));
    });
  }

  stop(timeoutMs: number): Promise<ExitReason> {
    return stopWithin(timeoutMs, this, this.#clock, () => this.#cell.stop());
  }

  kill(why: string): void {
    this.#cell.kill({ kind: 'killed', why });
  }

  monitor(watcher: (reason: ExitReason) => void): () => void {
    return this.#cell.monitor(watcher);
  }
}

/** The asker of a question from this thread: a promise that settles with the answer, or at the timeout. */
export class LocalAsker implements Asker {
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: Error) => void;
  readonly #cancelTimeout: () => void;

  constructor(
    ask: string,
    timeoutMs: number,
    clock: Clock,
    resolve: (value: unknown) => void,
    reject: (error: Error) => void,
    onTimeout?: () => void,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#cancelTimeout = clock.after(timeoutMs, () => {
      onTimeout?.();
      reject(new AskTimeoutError(ask, timeoutMs));
    });
  }

  answered(value: unknown): void {
    this.#cancelTimeout();
    this.#resolve(value);
  }

  refused(error: Error): void {
    this.#cancelTimeout();
    this.#reject(error);
  }
}
