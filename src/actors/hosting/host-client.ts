// `HostClient` is the spawning side of a host: it starts actors there and hands their messages to their owners.
import type { ActorRef, Asks } from '../behaviour.js';
import type { Clock } from '../clock.js';
import type { ExitReason, SerializedError } from '../errors.js';
import {
  CodedError,
  crashed,
  describeExit,
  HostStartError,
  HostStartLateError,
  MailboxFullError,
  rebuildError,
} from '../errors.js';
import type { Host, HostedKind, HostStats, Owner } from '../host.js';
import { SLOW_START_MS } from '../limits.js';
import {
  ASK_ERROR_ENTRY,
  EXIT_ENTRY,
  FAULT_ENTRY,
  HOST_ID,
  PING_ENTRY,
  PONG_ENTRY,
  READY_ENTRY,
  REPLY_ENTRY,
  SPAWN_ENTRY,
  STOP_ENTRY,
  TELL_ENTRY,
} from '../link/entry.js';
import { type EntryHandler, Link, type LinkBounds, readValue } from '../link/link.js';
import type { Transport } from '../link/transport.js';
import type { PackReader } from '../pack.js';
import { Liveness, type LivenessOptions } from './liveness.js';
import { RemoteActor } from './remote-actor.js';

/** The options of a {@link HostClient}. */
export interface HostClientOptions {
  readonly name: string;
  readonly bounds: LinkBounds;
  readonly liveness: LivenessOptions;
  readonly clock: Clock;
}

/** The spawning side of a host, be it a thread or a process. */
export class HostClient implements Host, EntryHandler {
  readonly name: string;
  readonly exited: Promise<ExitReason>;
  readonly #link: Link;
  readonly #carrier: Carrier;
  readonly #clock: Clock;
  readonly #liveness: Liveness;
  readonly #actors = new Map<number, RemoteActor>();
  #lastId = HOST_ID;
  /** Why the host ended, once it has. */
  #down: ExitReason | undefined;
  #stopping = false;
  /** The error that the host reported just before its end. */
  #fault: SerializedError | undefined;
  #pong = { loopDelayMean: 0, loopDelayMax: 0, dropped: 0 };
  #dropped = 0;
  #resolveReady: () => void = () => {};
  readonly #ready = new Promise<void>((resolve) => {
    this.#resolveReady = resolve;
  });

  constructor(transport: Transport, carrier: Carrier, options: HostClientOptions) {
    this.name = options.name;
    this.#carrier = carrier;
    this.#clock = options.clock;
    this.#link = new Link(transport, this, options.bounds);
    this.#liveness = new Liveness(options.liveness, options.clock, {
      ping: () => {
        this.#link.send(PING_ENTRY, HOST_ID);
        this.#link.flush();
      },
      lost: (why) => this.kill(why),
    });
    this.exited = carrier.ended.then((reason) => this.#ended(reason));
  }

  /**
   * Resolves with this client when the host's module is loaded.
   * @param onSlow called once, with the milliseconds gone by, if the start takes long
   * @throws HostStartError, HostStartLateError
   */
  async started(timeoutMs: number, onSlow: (elapsedMs: number) => void = () => {}): Promise<this> {
    let isLate = false;
    const cancelSlow = this.#clock.after(SLOW_START_MS, () => onSlow(SLOW_START_MS));
    const cancel = this.#clock.after(timeoutMs, () => {
      isLate = true;
      this.kill(`not ready within ${timeoutMs} ms`);
    });
    const failure = await Promise.race([this.#ready, this.exited]);
    cancel();
    cancelSlow();
    if (failure !== undefined && isLate) throw new HostStartLateError(this.name, timeoutMs);
    if (failure !== undefined) throw new HostStartError(this.name, describeExit(failure));
    if (this.#down === undefined) this.#liveness.start();
    return this;
  }

  spawn<In, OutWritten, OutRead, Init, A extends Asks>(
    kind: HostedKind<In, OutWritten, OutRead, Init, A>,
    init: Init,
    owner: Owner<OutRead>,
  ): ActorRef<In, A> {
    const id = this.#nextId();
    const actor = new RemoteActor<In, A>(id, kind, owner, this.#link, this.#clock, this.#forget);
    if (this.#down !== undefined) actor.markLost(hostDown(this.#down));
    else if (this.#link.full) actor.markLost(refused(this.name));
    else {
      this.#link.send(SPAWN_ENTRY, id, (out) => out.utf8(kind.name), { v8: init });
      this.#actors.set(id, actor as RemoteActor);
    }
    return actor;
  }

  get writable(): boolean {
    return this.#link.writable;
  }

  onWritable(resume: () => void): void {
    this.#link.onWritable(resume);
  }

  get actorCount(): number {
    return this.#actors.size;
  }

  stats(): HostStats {
    const { loopDelayMean, loopDelayMax, dropped } = this.#pong;
    return {
      ...this.#link.stats,
      actors: this.#actors.size,
      depthBytes: this.#link.depthBytes,
      droppedMessages: this.#dropped + dropped,
      loopDelayMean,
      loopDelayMax,
    };
  }

  stop(timeoutMs: number): Promise<ExitReason> {
    if (this.#down === undefined) {
      const cancel = this.#clock.after(timeoutMs, () => this.kill(`did not stop within ${timeoutMs} ms`));
      this.#stopping = true;
      this.#link.send(STOP_ENTRY, HOST_ID);
      void this.exited.then(cancel);
    }
    return this.exited;
  }

  kill(why: string): void {
    if (this.#down === undefined) this.#carrier.kill(why);
  }

  entry(type: number, actor: number, body: PackReader): number {
    if (actor === HOST_ID) {
      this.#hostEntry(type, body);
      return 0;
    }
    const remote = this.#actors.get(actor);
    if (remote === undefined) this.#dropped += type === EXIT_ENTRY ? 0 : 1;
    else if (type === TELL_ENTRY) remote.message(body);
    else if (type === REPLY_ENTRY) remote.replied(body.u32(), readValue(body));
    else if (type === ASK_ERROR_ENTRY) remote.refused(body.u32(), rebuildError(readValue(body)));
    else if (type === EXIT_ENTRY) remote.exited(readValue(body));
    return 0;
  }

  #hostEntry(type: number, body: PackReader): void {
    if (type === PONG_ENTRY) {
      this.#liveness.answered();
      this.#pong = { loopDelayMean: body.f64(), loopDelayMax: body.f64(), dropped: body.u32() };
    } else if (type === READY_ENTRY) this.#resolveReady();
    else if (type === FAULT_ENTRY) this.#fault = readValue(body);
  }

  /** Delivers the messages that the host posted before its end, then ends its actors. */
  #ended(reason: ExitReason): ExitReason {
    this.#liveness.stop();
    this.#link.drain();
    const why = this.#explain(reason);
    this.#down = why;
    this.#link.close();
    for (const actor of [...this.#actors.values()]) actor.exited(hostDown(why));
    return why;
  }

  #explain(reason: ExitReason): ExitReason {
    if (reason.kind === 'killed') return reason;
    if (this.#fault !== undefined) return { kind: 'crashed', error: this.#fault };
    if (reason.kind !== 'normal' || this.#stopping) return reason;
    return crashed(new CodedError('HOST_EXIT', 'the host ended without being asked to'));
  }

  readonly #forget = (id: number) => {
    this.#actors.delete(id);
  };

  #nextId(): number {
    do this.#lastId = (this.#lastId + 1) >>> 0;
    while (this.#lastId === HOST_ID || this.#actors.has(this.#lastId));
    return this.#lastId;
  }
}

function hostDown(reason: ExitReason): ExitReason {
  return { kind: 'host-down', why: describeExit(reason) };
}

function refused(host: string): ExitReason {
  return crashed(new MailboxFullError(`the link to host ${host}`));
}

/** The thread or process behind a host, seen from the spawning side. */
export interface Carrier {
  /** Resolves once, when the thread or process has ended, with the reason. */
  readonly ended: Promise<ExitReason>;
  /** Ends the thread or process now, whatever it is doing. */
  kill(why: string): void;
}
