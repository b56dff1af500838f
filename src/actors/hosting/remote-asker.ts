import { serializeError } from '../errors.js';
import { ASK_ERROR, REPLY } from '../link/entry.js';
import type { Link } from '../link/link.js';
import type { Asker } from '../local/question.js';

/** Someone at the other side of the link who waits for an answer. */
export class RemoteAsker implements Asker {
  readonly #link: Link;
  readonly #actor: number;
  readonly #ask: number;

  constructor(link: Link, actor: number, ask: number) {
    this.#link = link;
    this.#actor = actor;
    this.#ask = ask;
  }

  answered(value: unknown): void {
    this.#link.send(REPLY, this.#actor, (out) => out.u32(this.#ask), { v8: value });
  }

  refused(error: Error): void {
    const v8 = serializeError(error);
    this.#link.send(ASK_ERROR, this.#actor, (out) => out.u32(this.#ask), { v8 });
  }
}
