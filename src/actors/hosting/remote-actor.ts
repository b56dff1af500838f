// `RemoteActor` is the reference to an actor in a host, as the spawning side holds it.
import type { ActorRef, Asks, NoAsks } from '../behaviour.js';
import type { Clock } from '../clock.js';
import { inMicrotask } from '../clock.js';
import type { ExitReason } from '../errors.js';
import { ActorGoneError, type CodedError, crashed, guarded, MailboxFullError } from '../errors.js';
import type { Owner } from '../host.js';
import { ASKS_PER_ACTOR } from '../limits.js';
import { ASK_ENTRY, KILL_ENTRY, STOP_ENTRY } from '../link/entry.js';
import type { Link } from '../link/link.js';
import { LocalAsker } from '../local/local-ref.js';
import { Monitors, stopWithin } from '../monitors.js';
import type { Codec, PackReader } from '../pack.js';

/** The reference to an actor in a host, with its open questions, its monitors and its end. */
export class RemoteActor<In = unknown, A extends Asks = NoAsks> implements ActorRef<In, A> {
  readonly id: number;
  readonly #in: Codec<In>;
  readonly #out: Codec<never, unknown>;
  readonly #owner: Owner<unknown>;
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #onEnd: (id: number) => void;
  #ended: ExitReason | undefined;
  #lastAsk = 0;
  /** Open questions by their id; the map is created on first use, as most actors are asked nothing. */
  #asks: Map<number, LocalAsker> | undefined;
  readonly #monitors = new Monitors();

  constructor(
    id: number,
    codecs: { readonly in: Codec<In>; readonly out: Codec<never, unknown> },
    owner: Owner<never>,
    link: Link,
    clock: Clock,
    onEnd: (id: number) => void,
  ) {
    this.id = id;
    this.#in = codecs.in;
    this.#out = codecs.out;
    this.#owner = owner;
    this.#link = link;
    this.#clock = clock;
    this.#onEnd = onEnd;
  }

  tell(message: In): boolean {
    return this.#ended === undefined && this.#link.tell(this.id, this.#in, message);
  }

  ask<K extends keyof A & string>(
    name: K,
    request: A[K]['request'],
    timeoutMs: number,
  ): Promise<A[K]['response']> {
    if (this.#ended !== undefined) return Promise.reject(new ActorGoneError(this.#ended, false));
    this.#asks ??= new Map();
    const asks = this.#asks;
    if (this.#link.full || asks.size >= ASKS_PER_ACTOR) {
      return Promise.reject(new MailboxFullError('the link to the actor'));
    }
    return new Promise((resolve, reject) => {
      this.#lastAsk = (this.#lastAsk + 1) >>> 0;
      const id = this.#lastAsk;
      const head = (out: { u32(value: number): void; utf8(value: string): void }) => {
        out.u32(id);
        out.utf8(name);
      };
      this.#link.send(ASK_ENTRY, this.id, head, { v8: request });
      const onTimeout = () => asks.delete(id);
      asks.set(id, new LocalAsker(name, timeoutMs, this.#clock, resolve, reject, onTimeout));
    });
  }

  stop(timeoutMs: number): Promise<ExitReason> {
    return stopWithin(timeoutMs, this, this.#clock, () => {
      if (this.#ended === undefined) this.#link.send(STOP_ENTRY, this.id);
    });
  }

  /** Does not wait for the host, which may be hanging itself; messages that the actor still sends are dropped. */
  kill(why: string): void {
    if (this.#ended !== undefined) return;
    this.#link.send(KILL_ENTRY, this.id, (out) => out.utf8(why));
    this.markLost({ kind: 'killed', why });
  }

  monitor(watcher: (reason: ExitReason) => void): () => void {
    return this.#monitors.add(watcher);
  }

  /** Hands a message to the owner. If the owner throws, the actor is killed and counts as crashed. */
  message(body: PackReader): void {
    try {
      this.#owner.message(this.#out.read(body));
    } catch (error) {
      this.#link.send(KILL_ENTRY, this.id, (out) => out.utf8('its owner failed'));
      this.exited(crashed(error));
    }
  }

  replied(ask: number, value: unknown): void {
    this.#take(ask)?.answered(value);
  }

  refused(ask: number, error: CodedError): void {
    // An ACTOR_GONE error does not carry the reason of the end: the exit that follows does, and refuses every question with
    // it.
    if (error.code !== 'ACTOR_GONE') this.#take(ask)?.refused(error);
  }

  /** Ends the actor on this side: the owner is told first, then the monitors. */
  exited(reason: ExitReason): void {
    if (this.#ended !== undefined) return;
    this.#end(reason);
    this.#tellOwner(reason);
  }

  /** As `exited`, but in a later microtask: the owner caused this end and must not hear of it within its own call. */
  markLost(reason: ExitReason): void {
    this.#end(reason);
    inMicrotask(() => this.#tellOwner(reason));
  }

  #end(reason: ExitReason): void {
    this.#ended = reason;
    this.#onEnd(this.id);
    // An error captures a stack, which is too much for each of ten thousand actors that have no open question.
    if (this.#asks === undefined || this.#asks.size === 0) return;
    const gone = new ActorGoneError(reason, true);
    for (const asker of this.#asks.values()) asker.refused(gone);
    this.#asks.clear();
  }

  #tellOwner(reason: ExitReason): void {
    guarded((why) => this.#owner.exited(why), reason);
    this.#monitors.end(reason);
  }

  #take(ask: number): LocalAsker | undefined {
    const asker = this.#asks?.get(ask);
    this.#asks?.delete(ask);
    return asker;
  }
}
