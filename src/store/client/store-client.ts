// StoreClient is the store as the rest of the product sees it: its calls, its changes, and whether reads and writes work now.
import type { ActorRef } from '../../actors/behaviour.js';
import { type Clock, systemClock } from '../../actors/clock.js';
import type { Changes } from '../ports/changes.js';
import { StoreError } from '../ports/errors.js';
import type { ChangeSeq } from '../ports/ids.js';
import type { Store, StoreFault, StoreState } from '../ports/store.js';
import type { CallName, Ports } from '../wire/call-policies.js';
import type { StoreAsks, StoreMessage, StoreReport } from '../wire/store-kind.js';
import { RemoteStore } from './remote-store.js';
import { StoreCalls } from './store-calls.js';

const AWAY: StoreFault = {
  code: 'ERR_STORE_UNAVAILABLE',
  message: 'the store is not available: its process is being started',
};
const RESTARTING: StoreState = { reads: AWAY, writes: AWAY };

/** Hears how each call ended, and how long it took in ms. */
export interface CallWatch {
  answered(name: CallName, ms: number): void;
  failed(name: CallName, ms: number, error: unknown): void;
}

const UNWATCHED: CallWatch = { answered() {}, failed() {} };

/** The store, by questions to its actor in another process; that process and its actor may be restarted. */
export class StoreClient extends RemoteStore implements Store {
  readonly #calls: StoreCalls;
  readonly #watch: CallWatch;
  readonly #listeners = new Set<(changes: Changes) => void>();
  #lastChange: ChangeSeq | undefined;
  readonly #stateListeners = new Set<(state: StoreState) => void>();
  /** The state that the store's process reported last. */
  #told: StoreState = {};
  #closed = false;

  constructor(clock: Clock = systemClock, watch: CallWatch = UNWATCHED) {
    super();
    this.#watch = watch;
    this.#calls = new StoreCalls(clock);
  }

  /** The last change that was reported. The feed of a new actor begins after it. */
  get heardOf(): ChangeSeq | undefined {
    return this.#lastChange;
  }

  /**
   * Whether reads and writes work: neither does while the store's process is being (re)started; else as the process reported
   * last.
   */
  get state(): StoreState {
    return this.#calls.isAttached ? this.#told : RESTARTING;
  }

  /**
   * The part of the store that does not work now, for a readiness check; undefined: all works. Where reads fail, writes fail too.
   */
  get missing(): {
    readonly reads?: 'store-unavailable';
    readonly writes?: 'store-unavailable' | 'store-read-only';
  } {
    const { reads, writes } = this.state;
    if (reads !== undefined) return { reads: 'store-unavailable', writes: 'store-unavailable' };
    return writes === undefined ? {} : { writes: 'store-read-only' };
  }

  /** Sends calls to `actor`, also those that wait for an actor. */
  attach(actor: ActorRef<StoreMessage, StoreAsks>): void {
    this.#calls.attach(actor);
    this.#tellState();
  }

  /** Sends no more calls to `actor`, because it has ended. */
  detach(actor: ActorRef<StoreMessage, StoreAsks>): void {
    // A new actor reports only faults, and may do so before it is attached, so the old state is dropped now.
    this.#told = {};
    this.#calls.detach(actor);
  }

  /**
   * Takes a report of the actor. Listeners hear of changes in a later turn of the loop than the answers that came before them: a
   * caller that awaits `connect` has the admission before it hears that the admission was revoked.
   */
  report(report: StoreReport): void {
    if ('state' in report) {
      this.#told = report.state;
      this.#tellState();
      return;
    }
    const { changes } = report;
    this.#lastChange = changes.last;
    if (changes.changes.length === 0 && !changes.missed) return;
    setImmediate(() => {
      for (const listener of this.#listeners) listener(changes);
    });
  }

  /** Calls `listener` with every change from now on, by any process. @returns a function that ends this */
  onChanges(listener: (changes: Changes) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Calls `listener` with each state that the store's process reports. The supervisor, not this client, tells when that process
   * is away.
   */
  onState(listener: (state: StoreState) => void): void {
    this.#stateListeners.add(listener);
  }

  /** Refuses new calls and waits for the answers to earlier ones. The supervisor stops the actor and its process. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    this.#stateListeners.clear();
    await this.#calls.settled();
  }

  #tellState(): void {
    for (const listener of this.#stateListeners) listener(this.#told);
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
