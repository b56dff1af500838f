// StoreActor is the store as an actor; this is the module that the store's process loads.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Behaviour } from '../../actors/behaviour.js';
import { type HostedContext, hosted, type Implementation } from '../../actors/host.js';
import { openStore } from '../open-store.js';
import { StoreError } from '../ports/errors.js';
import type { ChangeSeq } from '../ports/ids.js';
import type { Store, TimedStore } from '../ports/store.js';
import { CALL_NAMES, CALL_POLICIES, type CallName, type Ports } from '../wire/call-policies.js';
import {
  STORE_KIND,
  type StoreActorInit,
  type StoreAsks,
  type StoreMessage,
  type StoreReport,
} from '../wire/store-kind.js';
import { Feed } from './feed.js';
import { Standing } from './standing.js';

/** How often the actor looks at the feed for changes by other processes, in ms: a revocation must arrive within a second. */
const LOOK_EVERY_MS = 250;

const storeActor: Implementation<StoreMessage, StoreReport, StoreReport, StoreActorInit, StoreAsks> = {
  kind: STORE_KIND,
  async start({ location, since }, context) {
    const standing = new Standing({
      tryWrite: () => store.tryWrite(),
      tell: (state) => context.emit({ state }),
    });
    const wrote = (error: unknown) => standing.wrote(error);
    const store = await openStore({ ...location, migrated: since !== undefined, wrote });
    return new StoreActor(store, standing, context, since ?? (await store.lastChange()));
  },
};

/** The actors that a host can start from this module. */
export const implementations = [hosted(storeActor)];

/**
 * Answers the calls of the ports from the store of its location, and reports changes and the store's state to its owner. The
 * actor ends when its store cannot be trusted any more (see {@link trusted}); its owner then starts a new one.
 */
class StoreActor implements Behaviour<StoreMessage, StoreAsks> {
  readonly answer: NonNullable<Behaviour<StoreMessage, StoreAsks>['answer']>;
  readonly #store: TimedStore;
  readonly #context: HostedContext<StoreMessage, StoreReport>;
  readonly #standing: Standing;
  readonly #feed: Feed;
  /** The calls under way whose answer may let a device or a user in (`admits`). */
  readonly #admitting = new Set<Promise<unknown>>();
  /** The sweep under way. */
  #sweeping: Promise<void> | undefined;
  /** The error with which the next message ends this actor: an actor fails only by throwing from `receive`. */
  #failure: { readonly error: unknown } | undefined;

  constructor(
    store: TimedStore,
    standing: Standing,
    context: HostedContext<StoreMessage, StoreReport>,
    reported: ChangeSeq,
  ) {
    this.#store = store;
    this.#standing = standing;
    this.#context = context;
    this.answer = answers(store, this.#admitting, () => context.self.tell('look'));
    this.#feed = new Feed({
      store,
      reported,
      admitted: async () => {
        await Promise.allSettled(this.#admitting);
        // The answers leave in microtasks after this one: a turn later all of them are on the link, before the changes.
        await nextTurn();
      },
      emit: (report) => context.emit(report),
      looked: (error) => standing.read(error),
      failed: (error) => this.#fail(error),
    });
    context.emit({ changes: { changes: [], last: reported, missed: false } });
    context.schedule(0, 'tick');
  }

  receive(message: StoreMessage): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#feed.look();
    if (message === 'look') return;
    this.#standing.tick();
    this.#sweep();
    this.#context.schedule(LOOK_EVERY_MS, 'tick');
  }

  /**
   * Sweeps, unless the last sweep still runs. A look at the feed does not wait for a sweep: a sweep writes, and writes may wait
   * long. While the store takes no writes there is no sweep; `Standing` tries when writes work again.
   */
  #sweep(): void {
    if (!this.#standing.canWrite) return;
    this.#sweeping ??= this.#store
      .sweep()
      .catch((error: unknown) => {
        // The store is busy, full, away or closed: the next tick sweeps again.
        if (!(error instanceof StoreError) || error.fatal) this.#fail(error);
      })
      .finally(() => {
        this.#sweeping = undefined;
      });
  }

  #fail(error: unknown): void {
    this.#failure = { error };
    this.#context.self.tell('look');
  }

  async terminated(): Promise<void> {
    await this.#store.close();
    // The close committed the writes that waited; their answers leave in microtasks. After this method returns no answer can
    // leave.
    await nextTurn();
  }
}

/**
 * Makes the function that answers each question by the store's call of the same name.
 * @param admitting holds the calls under way that may let a device or a user in
 * @param look looks at the feed of changes
 */
function answers(store: Store, admitting: Set<Promise<unknown>>, look: () => void): StoreActor['answer'] {
  const answer = async <Name extends CallName>(name: Name, args: Parameters<Ports[Name]>) => {
    const { changes, admits } = CALL_POLICIES[name];
    const call = store[name] as (...args: unknown[]) => ReturnType<Ports[Name]>;
    const answered = trusted(call(...args));
    if (admits) admitting.add(answered);
    try {
      const result = await answered;
      if (changes) look();
      return result;
    } finally {
      admitting.delete(answered);
    }
  };
  const entries = CALL_NAMES.map((name) => [name, (args: never) => answer(name, args)]);
  return Object.fromEntries(entries);
}

/**
 * The result of a call, if the store can be trusted. After a fatal error (the file is damaged, moved or cannot be read) the call
 * has no answer: the error that this throws is no StoreError, so it ends the actor, and a new process opens the file.
 */
async function trusted<Result>(call: Result): Promise<Awaited<Result>> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof StoreError && error.fatal)) throw error;
    throw Object.assign(new Error(error.message, { cause: error }), { code: error.code });
  }
}
