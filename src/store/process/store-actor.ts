import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Behaviour } from '../../actors/behaviour.js';
import type { HostedContext, Implementation } from '../../actors/host.js';
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

/** How often the feed is looked at for what other processes did, in ms: a revocation is to arrive within a second. */
const LOOK_EVERY_MS = 250;

export const storeActor: Implementation<StoreMessage, StoreReport, StoreReport, StoreActorInit, StoreAsks> = {
  kind: STORE_KIND,
  async start({ place, since }, context) {
    const standing = new Standing({
      tryWrite: () => store.tryWrite(),
      tell: (state) => context.emit({ state }),
    });
    const wrote = (error: unknown) => standing.wrote(error);
    const store = await openStore({ ...place, migrated: since !== undefined, wrote });
    return new StoreActor(store, standing, context, since ?? (await store.lastChange()));
  },
};

/** Answers the calls of the ports and reports changes to its owner. A store that cannot be trusted any more ends it. */
class StoreActor implements Behaviour<StoreMessage, StoreAsks> {
  readonly answer: NonNullable<Behaviour<StoreMessage, StoreAsks>['answer']>;
  readonly #store: TimedStore;
  readonly #context: HostedContext<StoreMessage, StoreReport>;
  readonly #standing: Standing;
  readonly #feed: Feed;
  /** Calls under way that may let somebody in. */
  readonly #admitting = new Set<Promise<unknown>>();
  /** What time has brought is being done. */
  #sweeping: Promise<void> | undefined;
  /** Why it has to end. */
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
        // They are answered in microtasks from here on.
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

  /** Beside the looks, which must not wait for a write. Where none is possible, the standing finds out when one is. */
  #sweep(): void {
    if (!this.#standing.canWrite) return;
    this.#sweeping ??= this.#store
      .sweep()
      .catch((error: unknown) => {
        // Busy, full, away or closed: the next tick tries again.
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
    // Whose write the close has committed is told so in microtasks from here on; with the end nobody is answered.
    await nextTurn();
  }
}

function answers(store: Store, admitting: Set<Promise<unknown>>, look: () => void): StoreActor['answer'] {
  const answer = async <Name extends CallName>(name: Name, args: Parameters<Ports[Name]>) => {
    const { changes, admits } = CALL_POLICIES[name];
    const call = store[name] as (...args: unknown[]) => ReturnType<Ports[Name]>;
    const asked = trusted(call(...args));
    if (admits) admitting.add(asked);
    try {
      const result = await asked;
      if (changes) look();
      return result;
    } finally {
      admitting.delete(asked);
    }
  };
  const entries = CALL_NAMES.map((name) => [name, (args: never) => answer(name, args)]);
  return Object.fromEntries(entries);
}

/** An error that is none of ours is no answer: it ends the actor, and a new process opens the file. */
async function trusted<Result>(call: Result): Promise<Awaited<Result>> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof StoreError && error.fatal)) throw error;
    throw Object.assign(new Error(error.message, { cause: error }), { code: error.code });
  }
}
