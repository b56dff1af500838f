import type { Asks, NoAsks } from '../behaviour.js';
import type { Clock } from '../clock.js';
import { crashed, MailboxFullError } from '../errors.js';
import type { ExitReason } from '../exit.js';
import type { AnyImplementation, HostedContext } from '../host.js';
import { MAILBOX_MESSAGES } from '../limits.js';
import { EXIT } from '../link/entry.js';
import { type Link, readValue } from '../link/link.js';
import { Cell } from '../local/cell.js';
import { LocalRef } from '../local/local-ref.js';
import { Question } from '../local/question.js';
import type { PackReader } from '../pack.js';
import { RemoteAsker } from './remote-asker.js';

/** An actor in this host, between the link and its cell. */
export class HostedActor {
  readonly id: number;
  readonly cell: Cell<unknown, Asks>;
  readonly #link: Link;
  readonly #implementation: AnyImplementation;
  readonly #context: HostedContext<unknown, unknown>;
  readonly #onExit: (actor: HostedActor) => void;
  /** What waits for the link to be writable. */
  readonly #waiting = new Set<() => void>();
  #work: (() => void) | undefined;
  readonly #doWork = () => {
    const work = this.#work;
    this.#work = undefined;
    if (work !== undefined && !this.cell.ended) this.#guard(work);
  };

  constructor(
    id: number,
    implementation: AnyImplementation,
    link: Link,
    clock: Clock,
    onExit: (actor: HostedActor) => void,
  ) {
    this.id = id;
    this.#implementation = implementation;
    this.#link = link;
    this.#onExit = onExit;
    this.cell = new Cell({
      mailbox: MAILBOX_MESSAGES,
      clock,
      onExit: (reason) => this.#exited(reason),
      onConsumed: (bytes) => link.consumed(bytes),
    });
    this.#context = {
      // The context's view of itself has no questions: an actor does not ask itself.
      self: new LocalRef(id, this.cell as unknown as Cell<unknown, NoAsks>, clock),
      now: () => clock.now(),
      schedule: (delayMs, message) => this.cell.schedule(delayMs, message),
      exit: (reason) => this.cell.stop(reason),
      emit: (message) => this.#emit(message),
      get writable() {
        return link.writable;
      },
      onWritable: (resume) => this.#onWritable(resume),
      beforePost: (work) => this.#beforePost(work),
    };
  }

  start(init: unknown): void {
    this.cell.start(() => this.#implementation.start(init, this.#context));
  }

  /** @returns bytes of the entry still held. */
  tell(body: PackReader, bytes: number): number {
    let message: unknown;
    try {
      message = this.#implementation.kind.in.read(body);
    } catch (error) {
      this.cell.fail(error);
      return 0;
    }
    const held = this.cell.deliver(message, bytes);
    if (held >= 0) return held;
    this.cell.fail(new MailboxFullError('the mailbox'));
    return 0;
  }

  /** @returns bytes of the entry still held. */
  ask(body: PackReader, bytes: number): number {
    const asker = new RemoteAsker(this.#link, this.id, body.u32());
    const question = new Question(body.utf8(), readValue(body), asker);
    const held = this.cell.deliver(question, bytes);
    if (held >= 0) return held;
    asker.refused(new MailboxFullError('the mailbox'));
    return 0;
  }

  #emit(message: unknown): boolean {
    return this.cell.ended ? false : this.#link.tell(this.id, this.#implementation.kind.out, message);
  }

  #beforePost(work: () => void): void {
    if (this.#work === undefined) this.#link.beforePost(this.#doWork);
    this.#work = work;
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.cell.fail(error);
    }
  }

  #onWritable(resume: () => void): void {
    const once = () => {
      this.#waiting.delete(once);
      this.cell.resume(resume);
    };
    this.#waiting.add(once);
    this.#link.onWritable(once);
  }

  #exited(reason: ExitReason): void {
    for (const once of this.#waiting) this.#link.offWritable(once);
    this.#waiting.clear();
    try {
      this.#link.send(EXIT, this.id, undefined, { v8: reason });
    } catch (error) {
      this.#link.send(EXIT, this.id, undefined, { v8: crashed(error) });
    }
    this.#onExit(this);
  }
}
