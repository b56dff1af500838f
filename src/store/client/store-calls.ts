// StoreCalls makes calls to the store's process: they wait while it restarts, and are made again where that is safe.
import type { ActorRef } from '../../actors/behaviour.js';
import type { Clock } from '../../actors/clock.js';
import { ActorGoneError, CodedError } from '../../actors/errors.js';
import {
  isStoreErrorCode,
  StoreError,
  StoreOutcomeUnknownError,
  StoreUnavailableError,
} from '../ports/errors.js';
import { CALL_POLICIES, type CallPolicy } from '../wire/call-policies.js';
import type { StoreAsks, StoreMessage } from '../wire/store-kind.js';

/** The code of MailboxFullError: the mailbox of either side may be full. */
const MAILBOX_FULL = 'ACTOR_MAILBOX_FULL';

type StoreRef = ActorRef<StoreMessage, StoreAsks>;

/** The most calls that may be under way or wait for a store; more are refused with ERR_STORE_BUSY. */
const MAX_CALLS = 16_384;

/** How long a call waits for a store that is being restarted, in ms; a restart takes about 200 ms. */
const OUTAGE_MS = 2_000;

/** How long an answer may take, in ms: longer than a write waits for another process. */
const ANSWER_MS = 10_000;

/** Asks the current store actor, waits a little while there is none, and asks once more where that is safe. */
export class StoreCalls {
  readonly #clock: Clock;
  readonly #pending = new Set<Promise<unknown>>();
  #actor: StoreRef | undefined;
  /** The wait for an actor; undefined: there is an actor, or no call has missed it yet. */
  #outage: Outage | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether there is a store actor now. */
  get isAttached(): boolean {
    return this.#actor !== undefined;
  }

  /** Sends calls to `actor` from now on, also those that wait for an actor. */
  attach(actor: StoreRef): void {
    this.#actor = actor;
    this.#outage?.end(actor);
    this.#outage = undefined;
  }

  /** Sends no more calls to `actor`, because it has ended. */
  detach(actor: StoreRef): void {
    if (this.#actor === actor) this.#actor = undefined;
  }

  ask<Name extends keyof StoreAsks>(
    name: Name,
    request: StoreAsks[Name]['request'],
  ): Promise<StoreAsks[Name]['response']> {
    if (this.#pending.size >= MAX_CALLS) {
      return Promise.reject(new StoreError('ERR_STORE_BUSY', `${MAX_CALLS} calls are under way already`));
    }
    const answer = this.#answer(name, request);
    this.#pending.add(answer);
    const done = () => this.#pending.delete(answer);
    answer.then(done, done);
    return answer;
  }

  /** Resolves when every call made so far has its answer. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#pending);
  }

  async #answer<Name extends keyof StoreAsks>(
    name: Name,
    request: StoreAsks[Name]['request'],
  ): Promise<StoreAsks[Name]['response']> {
    try {
      const actor = await this.#available();
      const answer = actor.ask(name, request, ANSWER_MS);
      return CALL_POLICIES[name].retrySafe ? await this.#orAgain(answer, actor, name, request) : await answer;
    } catch (error) {
      throw storeErrorOf(error, CALL_POLICIES[name]);
    }
  }

  /** Waits for the answer of `actor`; if `actor` ends before it answers, asks the next actor. */
  async #orAgain<Name extends keyof StoreAsks>(
    answer: Promise<StoreAsks[Name]['response']>,
    actor: StoreRef,
    name: Name,
    request: StoreAsks[Name]['request'],
  ): Promise<StoreAsks[Name]['response']> {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof ActorGoneError)) throw error;
      this.detach(actor);
      return (await this.#available()).ask(name, request, ANSWER_MS);
    }
  }

  #available(): StoreRef | Promise<StoreRef> {
    if (this.#actor !== undefined) return this.#actor;
    this.#outage ??= new Outage(this.#clock);
    return this.#outage.over;
  }
}

/** The wait for the next actor. When its time is over, waiting and later calls fail at once, until the next actor is there. */
class Outage {
  readonly over: Promise<StoreRef>;
  #resolve: (actor: StoreRef) => void = () => {};
  readonly #cancel: () => void;

  constructor(clock: Clock) {
    let give: (error: Error) => void = () => {};
    this.over = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      give = reject;
    });
    this.#cancel = clock.after(OUTAGE_MS, () => give(new StoreUnavailableError('it is being restarted')));
  }

  end(actor: StoreRef): void {
    this.#cancel();
    this.#resolve(actor);
  }
}

/**
 * Makes the StoreError of a call that failed: the store's own answer, or, where the call was lost on its way,
 * ERR_STORE_UNAVAILABLE. Where nobody knows whether the call was done it is ERR_STORE_OUTCOME_UNKNOWN, unless the call is safe to
 * make again.
 */
function storeErrorOf(error: unknown, { retrySafe }: CallPolicy): unknown {
  if (!(error instanceof CodedError) || error instanceof StoreError) return error;
  const { code, message } = error;
  if (code === MAILBOX_FULL) return new StoreError('ERR_STORE_BUSY', message, { cause: error });
  const unanswered = code === 'ACTOR_ASK_TIMEOUT' || (error instanceof ActorGoneError && error.asked);
  if (unanswered || code === 'ERR_STORE_OUTCOME_UNKNOWN') {
    const Unknown = retrySafe ? StoreUnavailableError : StoreOutcomeUnknownError;
    return new Unknown(message, { cause: error });
  }
  if (isStoreErrorCode(code)) return new StoreError(code, message, { cause: error });
  return new StoreUnavailableError(message, { cause: error });
}
