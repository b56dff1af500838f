// Inbox is an owner that keeps what its actor sends.
import type { ExitReason } from '../../src/actors/errors.js';
import type { Owner } from '../../src/actors/host.js';
import { deferred } from './kit.js';

/** An owner that keeps what it hears. */
export class Inbox<Out> implements Owner<Out> {
  readonly messages: Out[] = [];
  readonly #exited = deferred<ExitReason>();
  readonly exit = this.#exited.promise;
  #onMessage: () => void = () => {};

  message(message: Out): void {
    this.messages.push(message);
    this.#onMessage();
  }

  exited(reason: ExitReason): void {
    this.#exited.resolve(reason);
  }

  /** Resolves when there are `count` messages, with all of them. */
  until(count: number): Promise<Out[]> {
    return new Promise((resolve) => {
      this.#onMessage = () => {
        if (this.messages.length >= count) resolve(this.messages);
      };
      this.#onMessage();
    });
  }
}
