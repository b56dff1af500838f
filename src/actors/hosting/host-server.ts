// `HostServer` is the far side of a host: it runs the actors that the spawning side starts in it.
import { systemClock } from '../clock.js';
import type { ExitReason } from '../errors.js';
import { CodedError, serializeError } from '../errors.js';
import type { AnyImplementation, HostModule } from '../host.js';
import {
  ASK_ENTRY,
  EXIT_ENTRY,
  FAULT_ENTRY,
  HOST_ID,
  KILL_ENTRY,
  PING_ENTRY,
  PONG_ENTRY,
  READY_ENTRY,
  SPAWN_ENTRY,
  STOP_ENTRY,
  TELL_ENTRY,
} from '../link/entry.js';
import { type EntryHandler, Link, type LinkBounds, readValue } from '../link/link.js';
import type { Transport } from '../link/transport.js';
import type { PackReader } from '../pack.js';
import { HostedActor } from './hosted-actor.js';
import { LoopDelay } from './loop-delay.js';

/** The host-side end of a host: runs the actors its owner spawns, until the owner stops it. */
export class HostServer implements EntryHandler {
  readonly #link: Link;
  #implementations: ReadonlyMap<string, AnyImplementation> = new Map();
  readonly #actors = new Map<number, HostedActor>();
  readonly #loopDelay = new LoopDelay();
  #stopping = false;
  #dropped = 0;
  #resolveStopped: () => void = () => {};
  /** Resolves when the owner asked for the stop and every actor has ended; the last exits are posted by then. */
  readonly stopped = new Promise<void>((resolve) => {
    this.#resolveStopped = resolve;
  });

  constructor(transport: Transport, bounds: LinkBounds) {
    this.#link = new Link(transport, this, bounds);
  }

  /** Tells the owner that the host is ready to spawn actors of these kinds. */
  ready(implementations: readonly AnyImplementation[]): void {
    this.#implementations = new Map(implementations.map((each) => [each.kind.name, each]));
    this.#link.send(READY_ENTRY, HOST_ID);
  }

  /** Tells the owner why the host is about to end, at once. */
  fault(error: unknown): void {
    this.#link.send(FAULT_ENTRY, HOST_ID, undefined, { v8: serializeError(error) });
    this.#link.flush();
  }

  /** Closes the link and the measurement of the loop delay. */
  close(): void {
    this.#loopDelay.close();
    this.#link.close();
  }

  entry(type: number, actor: number, body: PackReader, bytes: number): number {
    const hosted = this.#actors.get(actor);
    if (type === TELL_ENTRY) return hosted === undefined ? this.#drop() : hosted.tell(body, bytes);
    if (type === ASK_ENTRY) return hosted === undefined ? this.#drop() : hosted.ask(body, bytes);
    if (type === SPAWN_ENTRY) this.#spawn(actor, body.utf8(), readValue(body));
    else if (type === PING_ENTRY) this.#pong();
    else if (type === STOP_ENTRY && actor === HOST_ID) this.#stop();
    else if (type === STOP_ENTRY) hosted?.cell.stop();
    else if (type === KILL_ENTRY) hosted?.cell.kill({ kind: 'killed', why: body.utf8() });
    return 0;
  }

  #spawn(id: number, kind: string, init: unknown): void {
    if (this.#stopping) {
      const reason: ExitReason = { kind: 'host-down', why: 'the host is stopping' };
      this.#link.send(EXIT_ENTRY, id, undefined, { v8: reason });
      return;
    }
    const implementation = this.#implementations.get(kind) ?? unknownKind(kind);
    const actor = new HostedActor(id, implementation, this.#link, systemClock, this.#ended);
    this.#actors.set(id, actor);
    actor.start(init);
  }

  /** Counts a message to an actor that has ended; the owner knows of the end, or will soon learn of it. */
  #drop(): number {
    this.#dropped += 1;
    return 0;
  }

  #pong(): void {
    const { mean, max } = this.#loopDelay.take();
    this.#link.send(PONG_ENTRY, HOST_ID, (out) => {
      out.f64(mean);
      out.f64(max);
      out.u32(this.#dropped);
    });
  }

  #stop(): void {
    this.#stopping = true;
    for (const actor of this.#actors.values()) actor.cell.stop();
    this.#finishIfEmpty();
  }

  readonly #ended = (actor: HostedActor) => {
    this.#actors.delete(actor.id);
    this.#finishIfEmpty();
  };

  #finishIfEmpty(): void {
    if (!this.#stopping || this.#actors.size > 0) return;
    this.#link.flush();
    this.#resolveStopped();
  }
}

/** Makes a substitute for a kind that the host module does not have, so that the spawn fails as a start would. */
function unknownKind(name: string): AnyImplementation {
  const nothing = { write: () => {}, read: () => undefined };
  return {
    kind: { name, in: nothing, out: nothing },
    start: () => {
      throw new CodedError('ACTOR_UNKNOWN_KIND', `the host module has no actor of kind "${name}"`);
    },
  };
}

/** Imports a host module. Rejects when it fails to load or exports no `implementations`. */
export async function loadImplementations(
  module: string,
  data: unknown,
): Promise<readonly AnyImplementation[]> {
  const { implementations }: Partial<HostModule> = await import(module);
  if (implementations === undefined) throw new TypeError(`${module} does not export "implementations"`);
  return typeof implementations === 'function' ? implementations(data) : implementations;
}
