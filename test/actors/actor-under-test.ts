// ActorUnderTest is one actor without a system, which a test drives by hand.
import type { ActorRef, Asks, Behaviour, NoAsks } from '../../src/actors/behaviour.js';
import { type ExitReason, NORMAL } from '../../src/actors/errors.js';
import type { HostedContext, TurnEnd } from '../../src/actors/host.js';
import { ManualClock } from './kit.js';

/** A context that records what an actor does, and fails on request. */
export class FakeContext<In, Out> implements HostedContext<In, Out> {
  readonly clock = new ManualClock();
  /** What the actor sent to its owner, in order; tests may empty it. */
  readonly emitted: Out[] = [];
  /** What the actor sent to itself, due timers included, in order. */
  readonly inbox: In[] = [];
  exitReason: ExitReason | undefined;
  writable = true;
  /** How many of the next `emit` calls are refused, as at the hard bound of a link. */
  refuseEmits = 0;
  readonly #resumes = new Set<() => void>();
  readonly #work = new Set<TurnEnd>();

  readonly self: ActorRef<In> = {
    id: 1,
    tell: (message) => {
      this.inbox.push(message);
      return true;
    },
    ask: () => Promise.reject(new TypeError('an actor does not ask itself')),
    stop: () => {
      this.exit();
      return Promise.resolve(NORMAL);
    },
    kill: (why) => this.exit({ kind: 'killed', why }),
    monitor: () => () => {},
  };

  now(): number {
    return this.clock.now();
  }

  schedule(delayMs: number, message: In): () => void {
    return this.clock.after(delayMs, () => this.inbox.push(message));
  }

  exit(reason: ExitReason = NORMAL): void {
    this.exitReason ??= reason;
  }

  emit(message: Out): boolean {
    if (this.refuseEmits > 0) {
      this.refuseEmits -= 1;
      return false;
    }
    this.emitted.push(message);
    return true;
  }

  onWritable(resume: () => void): void {
    this.#resumes.add(resume);
  }

  /** Messages of a test have no batch. */
  release(): void {}

  beforePost(work: TurnEnd): void {
    this.#work.add(work);
  }

  /** The link falls below its soft bound. */
  becomeWritable(): void {
    this.writable = true;
    const resumes = [...this.#resumes];
    this.#resumes.clear();
    for (const resume of resumes) resume();
  }

  /** The loop turn ends: work that goes before the post is done. */
  endTurn(): void {
    const work = [...this.#work];
    this.#work.clear();
    for (const each of work) each.endTurn();
  }
}

/** One actor with no system: its behaviour under a {@link FakeContext}, driven by the test. */
export class ActorUnderTest<In, Out, A extends Asks = NoAsks> {
  readonly context: FakeContext<In, Out>;
  readonly behaviour: Behaviour<In, A>;

  private constructor(context: FakeContext<In, Out>, behaviour: Behaviour<In, A>) {
    this.context = context;
    this.behaviour = behaviour;
  }

  static async start<In, Out, A extends Asks = NoAsks>(
    start: (context: HostedContext<In, Out>) => Behaviour<In, A> | Promise<Behaviour<In, A>>,
  ): Promise<ActorUnderTest<In, Out, A>> {
    const context = new FakeContext<In, Out>();
    return new ActorUnderTest(context, await start(context));
  }

  /** Hands over messages, then what the actor told itself, and ends the loop turn. */
  async turn(...messages: In[]): Promise<void> {
    for (const message of messages) await this.behaviour.receive(message);
    for (let own = this.context.inbox.shift(); own !== undefined; own = this.context.inbox.shift()) {
      await this.behaviour.receive(own);
    }
    this.context.endTurn();
  }

  /** Moves time on, and hands over the messages that fall due. */
  async advance(ms: number): Promise<void> {
    this.context.clock.advance(ms);
    await this.turn();
  }

  /** What the actor emitted since the last call. */
  take(): Out[] {
    return this.context.emitted.splice(0);
  }
}
