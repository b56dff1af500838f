// A fake host has session actors that only record; the test plays their part.
import type { ActorRef } from '../../../../src/actors/behaviour.js';
import { type ExitReason, NORMAL } from '../../../../src/actors/errors.js';
import type { Host, HostStats, Owner } from '../../../../src/actors/host.js';
import type { SessionIn } from '../../../../src/tunnel/session/wire/session-in.js';
import type { SessionOut } from '../../../../src/tunnel/session/wire/session-out.js';

const NO_STATS: HostStats = {
  actors: 0,
  sentMessages: 0,
  sentBatches: 0,
  receivedMessages: 0,
  receivedBatches: 0,
  droppedMessages: 0,
  depthBytes: 0,
  loopDelayMean: 0,
  loopDelayMax: 0,
};

/** An actor that only records its messages; the test plays its part through `owner`. */
export class FakeSessionActor implements ActorRef<SessionIn> {
  readonly id = 1;
  readonly messages: SessionIn[] = [];
  readonly owner: Owner<SessionOut>;
  killed = false;
  /** False: it refuses messages, as a full link does. */
  accepts = true;

  constructor(owner: Owner<SessionOut>) {
    this.owner = owner;
  }

  tell(message: SessionIn): boolean {
    if (this.accepts) this.messages.push(message);
    return this.accepts;
  }

  kinds(): string[] {
    return this.messages.map((message) => message.kind);
  }

  ask(): Promise<never> {
    return Promise.reject(new Error('a session answers no questions'));
  }

  stop(): Promise<ExitReason> {
    return Promise.resolve(NORMAL);
  }

  kill(): void {
    this.killed = true;
  }

  monitor(): () => void {
    return () => {};
  }
}

/** A host whose actors are {@link FakeSessionActor}s. */
export class FakeHost implements Host {
  readonly name = 'fake';
  readonly writable = true;
  readonly exited = new Promise<ExitReason>(() => {});
  readonly actors: FakeSessionActor[] = [];

  spawn(_kind: unknown, _init: unknown, owner: unknown): never {
    const actor = new FakeSessionActor(owner as Owner<SessionOut>);
    this.actors.push(actor);
    return actor as never;
  }

  get last(): FakeSessionActor {
    return this.actors.at(-1)!;
  }

  onWritable(): void {}

  get actorCount(): number {
    return this.actors.length;
  }

  stats(): HostStats {
    return NO_STATS;
  }

  stop(): Promise<ExitReason> {
    return Promise.resolve(NORMAL);
  }

  kill(): void {}
}
