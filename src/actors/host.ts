// A host is a thread or process in which actors live; this file defines the interfaces for its users and its actors.
import type { ActorRef, Asks, Behaviour, NoAsks } from './behaviour.js';
import type { ExitReason } from './errors.js';
import type { Codec } from './pack.js';

/**
 * A kind of actor that lives in a host (a worker thread or a child process): its name there and how messages to
 * it (`In`) and to its owner (`Out`) are packed. Importing a kind does not import the implementation.
 */
export interface HostedKind<In, OutWritten, OutRead, Init, A extends Asks = NoAsks> {
  readonly name: string;
  readonly in: Codec<In>;
  readonly out: Codec<OutWritten, OutRead>;
  /** Types only; never read. */
  readonly types?: { init: Init; asks: A };
}

/** Work to do at the end of a turn of the event loop, before the turn's batch is posted. */
export interface TurnEnd {
  endTurn(): void;
}

/** The context of a hosted actor: that of any actor, and the actor's end of the link to its owner. */
export interface HostedContext<In, Out> {
  readonly self: ActorRef<In>;
  now(): number;
  schedule(delayMs: number, message: In): () => void;
  exit(reason?: ExitReason): void;
  /** Sends a message to the owner. False: the link's hard bound is reached and the message was refused. */
  emit(message: Out): boolean;
  /** False while the link to the owner is above its soft bound: bulk senders wait for `onWritable`. */
  readonly writable: boolean;
  /** Called once when the link falls below its soft bound again. */
  onWritable(resume: () => void): void;
  /**
   * Gives back a range that a message leased. The actor must not look at it again, as its buffer will carry other messages.
   * Any other range is ignored.
   */
  release(bytes: Uint8Array): void;
  /**
   * Calls `work.endTurn` once, just before this loop turn's batch is posted (and posts one if none was due), so that the
   * output of many messages is sent once. A throw ends this actor. Pass the same object each time.
   */
  beforePost(work: TurnEnd): void;
}

/** The host-side half of a kind. A host module exports `implementations`: see {@link HostModule}. */
export interface Implementation<In, OutWritten, OutRead, Init, A extends Asks = NoAsks> {
  readonly kind: HostedKind<In, OutWritten, OutRead, Init, A>;
  start(init: Init, context: HostedContext<In, OutWritten>): Behaviour<In, A> | Promise<Behaviour<In, A>>;
}

/** What a host module exports. The function form gets the `data` that the host was started with. */
export interface HostModule {
  readonly implementations:
    | readonly AnyImplementation[]
    | ((data: unknown) => readonly AnyImplementation[] | Promise<readonly AnyImplementation[]>);
}

/** An implementation with its types hidden, as a host keeps it; {@link hosted} makes one. */
export type AnyImplementation = Implementation<unknown, unknown, unknown, unknown, Asks>;

/** The owner of a hosted actor, on the spawning side. Both methods are called synchronously while a batch is read. */
export interface Owner<Out> {
  message(message: Out): void;
  exited(reason: ExitReason): void;
}

/** Counters of a host and of the link to it, for metrics; read at scrape time. */
export interface HostStats {
  readonly actors: number;
  /** Messages and batches since the start, in each direction. */
  readonly sentMessages: number;
  readonly sentBatches: number;
  readonly receivedMessages: number;
  readonly receivedBatches: number;
  /** Messages of either direction that arrived after their actor had ended. */
  readonly droppedMessages: number;
  /** Bytes posted to the host and not yet consumed by it. */
  readonly depthBytes: number;
  /** The host's event-loop delay in seconds over the last liveness period: mean and maximum. */
  readonly loopDelayMean: number;
  readonly loopDelayMax: number;
}

/** A live host. Anything with `exited`, `stop` and `kill` can be supervised. */
export interface Host {
  readonly name: string;
  /**
   * Starts an actor in the host. Messages may be sent at once: they queue behind the start. A failing start ends
   * the actor with `crashed`.
   */
  spawn<In, OutWritten, OutRead, Init, A extends Asks>(
    kind: HostedKind<In, OutWritten, OutRead, Init, A>,
    init: Init,
    owner: Owner<OutRead>,
  ): ActorRef<In, A>;
  /** False while the link is above its soft bound. */
  readonly writable: boolean;
  onWritable(resume: () => void): void;
  stats(): HostStats;
  /** How many actors live in the host. */
  readonly actorCount: number;
  readonly exited: Promise<ExitReason>;
  /** Stops every actor in the host, then the host itself; kills the host past `timeoutMs`. */
  stop(timeoutMs: number): Promise<ExitReason>;
  kill(why: string): void;
}

/**
 * Checks an implementation against its kind and hides the types, so that one host module can list several: `export const
 * implementations = [hosted({ kind, start })]`. Hiding the types is safe because every message was packed by the kind's own
 * codecs and typed references.
 */
export function hosted<In, OutWritten, OutRead, Init, A extends Asks = NoAsks>(
  implementation: Implementation<In, OutWritten, OutRead, Init, A>,
): AnyImplementation {
  return implementation as unknown as AnyImplementation;
}
