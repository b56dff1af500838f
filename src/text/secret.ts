// `Secret` wraps a text so that no log shows it.
import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/** A value that no log, JSON, template string or inspection shows; only {@link Secret.reveal} gives it out. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself. Pass it to the code that needs it and keep it nowhere else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
