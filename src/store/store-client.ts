import type { ActorRef } from '../actors/behaviour.js';
import { type Clock, systemClock } from '../actors/clock.js';
import { AskedPorts } from './asked-ports.js';
import type { CallName, Ports } from './call-traits.js';
import { StoreError } from './errors.js';
import type { ChangeSeq } from './ids.js';
import type { Changes, Store } from './ports.js';
import { StoreCalls } from './store-calls.js';
import type { StoreAsks, StoreMessage, StoreReport } from './store-kind.js';

/** Hears how each call went, and how long it took in ms. */
export interface CallWatch {
  answered(name: CallName, ms: number): void;
  failed(name: CallName, ms: number, error: unknown): void;
}

const UNWATCHED: CallWatch = { answered() {}, failed() {} };

/** The ports, by asking a store actor; which one may change, as its process is restarted. */
export class StoreClient extends AskedPorts implements Store {
  readonly #calls: StoreCalls;
  readonly #watch: CallWatch;
  readonly #listeners = new Set<(changes: Changes) => void>();
  #lastChange: ChangeSeq | undefined;
  /** Whether its database answers. */
  #answers = true;
  #closed = false;

  constructor(clock: Clock = systemClock, watch: CallWatch = UNWATCHED) {
    super();
    this.#watch = watch;
    this.#calls = new StoreCalls(clock);
  }

  /** The last change heard of: where a new actor's feed has to begin. */
  get heardOf(): ChangeSeq | undefined {
    return this.#lastChange;
  }

  /** False while its process is being (re)started, and while that has no answer from its database. */
  get isAvailable(): boolean {
    return this.#calls.isAttached && this.#answers;
  }

  /** Begins to ask `actor`; calls that wait for one go on. */
  attach(actor: ActorRef<StoreMessage, StoreAsks>): void {
    this.#calls.attach(actor);
  }

  /** Stops asking `actor`, because it has ended. */
  detach(actor: ActorRef<StoreMessage, StoreAsks>): void {
    // The next one tells only what differs from this, and may do so before it is attached.
    this.#answers = true;
    this.#calls.detach(actor);
  }

  /**
   * Takes what the actor reports. Listeners hear of it in a later turn of the loop than the answers that came
   * before it: who awaited `connect` has seen the admission before hearing of its revocation.
   */
  report(report: StoreReport): void {
    if ('answers' in report) {
      this.#answers = report.answers;
      return;
    }
    const { changes } = report;
    this.#lastChange = changes.last;
    if (changes.changes.length === 0 && !changes.missed) return;
    setImmediate(() => {
      for (const listener of this.#listeners) listener(changes);
    });
  }

  /** Calls `listener` with every change from now on, by whichever process. Returns the end of it. */
  onChanges(listener: (changes: Changes) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits for the answers to what was asked before. The actor and its process are their supervisor's to stop. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    await this.#calls.settled();
  }

  protected override async ask<Name extends CallName>(
    name: Name,
    args: Parameters<Ports[Name]>,
  ): Promise<Awaited<ReturnType<Ports[Name]>>> {
    if (this.#closed) throw new StoreError('ERR_STORE_CLOSED', 'the store is closed');
    const askedAt = performance.now();
    try {
      const answer = await this.#calls.ask(name, args);
      this.#watch.answered(name, performance.now() - askedAt);
      return answer;
    } catch (error) {
      this.#watch.failed(name, performance.now() - askedAt, error);
      throw error;
    }
  }
}
