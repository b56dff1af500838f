// `OpenQuestions` keeps the questions that an actor was asked and has not answered.
import { CodedError, MailboxFullError, UnknownAskError } from '../errors.js';
import { ASKS_PER_ACTOR } from '../limits.js';

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

/** The `answer` part of a behaviour, its types hidden. */
export type Answers = Readonly<Record<string, (request: unknown) => unknown>>;

/** The questions that were put to one actor and are not answered yet. */
export class OpenQuestions {
  readonly #open = new Set<Question>();
  readonly #onFault: (error: unknown) => void;

  /** @param onFault called with an error that is not an answer. The question stays open. */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  /** Runs the answer; a promise it returns is not waited for. */
  put(question: Question, answers: Answers | undefined): void {
    const answer = answers?.[question.name];
    if (answers === undefined || answer === undefined) {
      question.asker.refused(new UnknownAskError(question.name));
      return;
    }
    if (this.#open.size >= ASKS_PER_ACTOR) {
      question.asker.refused(new MailboxFullError('the list of open questions'));
      return;
    }
    this.#open.add(question);
    try {
      const value = answer.call(answers, question.request);
      if (value instanceof Promise) {
        value.then(
          (settled) => this.#answered(question, settled),
          (error) => this.#failed(question, error),
        );
      } else this.#answered(question, value);
    } catch (error) {
      this.#failed(question, error);
    }
  }

  /** Refuses every open question with `error`: the actor has ended. */
  refuseAll(error: Error): void {
    for (const question of this.#open) question.asker.refused(error);
    this.#open.clear();
  }

  #answered(question: Question, value: unknown): void {
    if (!this.#open.has(question)) return;
    try {
      question.asker.answered(value);
      this.#open.delete(question);
    } catch (error) {
      this.#onFault(error);
    }
  }

  /** An expected failure is an answer; anything else is a fault of the actor. */
  #failed(question: Question, error: unknown): void {
    if (!this.#open.has(question)) return;
    if (error instanceof CodedError) {
      this.#open.delete(question);
      question.asker.refused(error);
    } else this.#onFault(error);
  }
}
