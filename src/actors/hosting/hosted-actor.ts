// `HostedActor` joins one actor of a host to the link that leads to its owner.
import type { ActorRef, Asks, NoAsks } from '../behaviour.js';
import type { Clock } from '../clock.js';
import type { ExitReason } from '../errors.js';
import { crashed, MailboxFullError, serializeError } from '../errors.js';
import type { AnyImplementation, HostedContext, TurnEnd } from '../host.js';
import { MAILBOX_MESSAGES } from '../limits.js';
import { ASK_ERROR_ENTRY, EXIT_ENTRY, REPLY_ENTRY } from '../link/entry.js';
import { type Link, readValue } from '../link/link.js';
import { Cell, type CellOwner } from '../local/cell.js';
import { LocalRef } from '../local/local-ref.js';
import type { Asker } from '../local/question.js';
import { Question } from '../local/question.js';
import type { PackReader } from '../pack.js';

/** An actor in this host, between the link and its cell; to the actor itself it is the context. */
export class HostedActor implements HostedContext<unknown, unknown>, CellOwner, TurnEnd {
  readonly id: number;
  readonly cell: Cell<unknown, Asks>;
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #implementation: AnyImplementation;
  readonly #onExit: (actor: HostedActor) => void;
  /** Callbacks that wait for the link to be writable; the set is created on first use. */
  #waiting: Set<() => void> | undefined;
  #work: TurnEnd | undefined;

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
    this.#clock = clock;
    this.#onExit = onExit;
    this.cell = new Cell(MAILBOX_MESSAGES, clock, this);
  }

  // ---- for the link

  start(init: unknown): void {
    this.cell.start(() => this.#implementation.start(init, this));
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

  // ---- HostedContext

  get self(): ActorRef<unknown> {
    // The reference that an actor has to itself has no questions, because an actor does not ask itself.
    return new LocalRef(this.id, this.cell as unknown as Cell<unknown, NoAsks>, this.#clock);
  }

  now(): number {
    return this.#clock.now();
  }

  schedule(delayMs: number, message: unknown): () => void {
    return this.cell.schedule(delayMs, message);
  }

  exit(reason?: ExitReason): void {
    this.cell.stop(reason);
  }

  emit(message: unknown): boolean {
    return this.cell.ended ? false : this.#link.tell(this.id, this.#implementation.kind.out, message);
  }

  get writable(): boolean {
    return this.#link.writable;
  }

  onWritable(resume: () => void): void {
    const once = () => {
      this.#waiting?.delete(once);
      this.cell.resume(resume);
    };
    this.#waiting ??= new Set();
    this.#waiting.add(once);
    this.#link.onWritable(once);
  }

  release(bytes: Uint8Array): void {
    this.#link.release(bytes);
  }

  beforePost(work: TurnEnd): void {
    if (this.#work === undefined) this.#link.beforePost(this);
    this.#work = work;
  }

  // ---- TurnEnd

  endTurn(): void {
    const work = this.#work;
    this.#work = undefined;
    if (work === undefined || this.cell.ended) return;
    try {
      work.endTurn();
    } catch (error) {
      this.cell.fail(error);
    }
  }

  // ---- CellOwner

  consumed(bytes: number): void {
    this.#link.consumed(bytes);
  }

  exited(reason: ExitReason): void {
    for (const once of this.#waiting ?? []) this.#link.offWritable(once);
    this.#waiting = undefined;
    try {
      this.#link.send(EXIT_ENTRY, this.id, undefined, { v8: reason });
    } catch (error) {
      this.#link.send(EXIT_ENTRY, this.id, undefined, { v8: crashed(error) });
    }
    this.#onExit(this);
  }
}

/** The asker of a question that came over the link: its answer goes back the same way. */
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
    this.#link.send(REPLY_ENTRY, this.#actor, (out) => out.u32(this.#ask), { v8: value });
  }

  refused(error: Error): void {
    const v8 = serializeError(error);
    this.#link.send(ASK_ERROR_ENTRY, this.#actor, (out) => out.u32(this.#ask), { v8 });
  }
}
