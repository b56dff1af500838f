// `Supervisor` starts children, restarts those that fail, and gives up when they fail too often.
import { type Clock, systemClock } from '../clock.js';
import type { ExitReason } from '../errors.js';
import { CodedError, crashed, describeExit, guarded } from '../errors.js';
import {
  type ChildState,
  decide,
  initialState,
  type SupervisorAction,
  type SupervisorEvent,
  type SupervisorState,
} from './decide.js';
import {
  type Backoff,
  backoffMs,
  type Child,
  type ChildSpec,
  defaultBackoff,
  defaultIntensity,
  type Intensity,
  type Strategy,
} from './spec.js';

/** The options of a {@link Supervisor}. */
export interface SupervisorOptions<C extends Child = Child> {
  readonly strategy: Strategy;
  /** In start order. */
  readonly children?: readonly ChildSpec<C>[];
  /** Default: 5 restarts in 30 s. */
  readonly intensity?: Intensity;
  readonly backoff?: Backoff;
  /** Called when a child runs, for the first time or again, so that its users can (re)connect to it. */
  readonly onChildStarted?: (id: string, child: C) => void;
  /** Called when a child has ended, or failed to start. */
  readonly onChildExited?: (id: string, reason: ExitReason) => void;
  readonly clock?: Clock;
  /** Gives numbers in [0, 1), for the jitter of restarts. */
  readonly random?: () => number;
}

/** A child's specification, reference and callbacks, which a supervisor keeps beside the child's state. */
interface Entry<C extends Child> {
  readonly spec: ChildSpec<C>;
  child: C | undefined;
  /** Set when the child is to be stopped while its start is pending. */
  stopping: boolean;
  cancelDelay: () => void;
  /** Called when the supervisor forgets the child. */
  readonly gone: (() => void)[];
}

/** Starts children, restarts those that fail, gives up when they fail too often. The decisions are in decide.ts. */
export class Supervisor<C extends Child = Child> implements Child {
  readonly #options: SupervisorOptions<C>;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry<C>>();
  readonly #events: SupervisorEvent[] = [];
  #deciding = false;
  #state: SupervisorState;
  #resolveExited: (reason: ExitReason) => void = () => {};
  readonly exited = new Promise<ExitReason>((resolve) => {
    this.#resolveExited = resolve;
  });
  /** Functions that are called after every decision, for callers that wait for a state. */
  readonly #observers = new Set<() => void>();

  constructor(options: SupervisorOptions<C>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const children = options.children ?? [];
    this.#state = initialState(options.strategy, options.intensity ?? defaultIntensity, children);
    for (const spec of children) this.#enter(spec);
  }

  /** Starts the children. Resolves when all of them run; rejects with SUPERVISOR_ENDED when it gave up before. */
  async start(): Promise<this> {
    this.#dispatch({ type: 'begin' });
    await this.#until(() => this.#state.children.every((child) => child.status === 'running'));
    return this;
  }

  /** The children, running or not, in start order. CONTRACT.md promises it; the product does not ask yet. */
  get children(): readonly ChildState[] {
    return this.#state.children;
  }

  /** The running child of that id. CONTRACT.md promises it; the product does not ask yet. */
  child(id: string): C | undefined {
    return this.#entries.get(id)?.child;
  }

  /**
   * Adds a child and starts it (one-for-one only). Resolves when it first runs. CONTRACT.md promises it; the product's own
   * supervisors have fixed children.
   * @throws CodedError SUPERVISOR_CHILD_EXISTS, SUPERVISOR_ENDED, or SUPERVISOR_CHILD_FAILED when it ended for good
   * before it ran.
   */
  async startChild(spec: ChildSpec<C>): Promise<C> {
    if (this.#options.strategy !== 'one-for-one')
      throw new TypeError('only one-for-one has dynamic children');
    if (this.#state.phase !== 'running') throw this.#endedError();
    if (this.#entries.has(spec.id)) {
      throw new CodedError('SUPERVISOR_CHILD_EXISTS', `there is a child "${spec.id}" already`);
    }
    const entry = this.#enter(spec);
    this.#dispatch({ type: 'add', id: spec.id, restart: spec.restart });
    await this.#until(() => entry.child !== undefined || this.#entries.get(spec.id) !== entry);
    if (entry.child !== undefined) return entry.child;
    throw new CodedError('SUPERVISOR_CHILD_FAILED', `the child "${spec.id}" ended before it ran`);
  }

  /**
   * Stops a child as its specification says and forgets it. Resolves when it is gone; at once for an unknown id. CONTRACT.md
   * promises it, as the other side of {@link startChild}.
   */
  async terminateChild(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const gone = new Promise<void>((resolve) => entry.gone.push(resolve));
    this.#dispatch({ type: 'remove', id });
    await gone;
  }

  /** Stops the children in reverse order, then itself; kills the children that are left past `timeoutMs`. */
  stop(timeoutMs: number): Promise<ExitReason> {
    if (this.#state.phase !== 'ended') {
      const why = `its supervisor did not stop within ${timeoutMs} ms`;
      void this.exited.then(this.#clock.after(timeoutMs, () => this.kill(why)));
      this.#dispatch({ type: 'stop' });
    }
    return this.exited;
  }

  /** Kills the children and ends, now. */
  kill(why: string): void {
    if (this.#state.phase === 'ended') return;
    const reason: ExitReason = { kind: 'killed', why };
    this.#state = { ...this.#state, phase: 'ended', children: [], reason };
    for (const entry of [...this.#entries.values()].reverse()) {
      entry.child?.kill(why);
      this.#forget(entry);
    }
    this.#end(reason);
  }

  #enter(spec: ChildSpec<C>): Entry<C> {
    const entry: Entry<C> = { spec, child: undefined, stopping: false, cancelDelay: () => {}, gone: [] };
    this.#entries.set(spec.id, entry);
    return entry;
  }

  /** Decides one event after the other, even when an action causes the next. */
  #dispatch(event: SupervisorEvent): void {
    this.#events.push(event);
    if (this.#deciding) return;
    this.#deciding = true;
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
      const { state, actions } = decide(this.#state, next);
      this.#state = state;
      for (const action of actions) this.#act(action);
    }
    this.#deciding = false;
    for (const observer of [...this.#observers]) observer();
  }

  #act(action: SupervisorAction): void {
    if (action.type === 'end') {
      this.#end(action.reason);
      return;
    }
    const entry = this.#entries.get(action.id);
    if (entry === undefined) return;
    if (action.type === 'forget') this.#forget(entry);
    else if (action.type === 'start') this.#start(entry);
    else if (action.type === 'stop') this.#stop(entry);
    else this.#delay(entry, action.failures);
  }

  #start(entry: Entry<C>): void {
    entry.stopping = false;
    const start = async () => entry.spec.start();
    start().then(
      (child) => this.#started(entry, child),
      (error: unknown) => this.#exited(entry, crashed(error)),
    );
  }

  #started(entry: Entry<C>, child: C): void {
    if (this.#entries.get(entry.spec.id) !== entry) {
      // The supervisor was killed while the child was starting: there must be no late child.
      child.kill('its supervisor has ended');
      return;
    }
    entry.child = child;
    void child.exited.then((reason) => this.#exited(entry, reason));
    if (entry.stopping) this.#stop(entry);
    else guarded(() => this.#options.onChildStarted?.(entry.spec.id, child), undefined);
    this.#dispatch({ type: 'started', id: entry.spec.id, at: this.#clock.now() });
  }

  #exited(entry: Entry<C>, reason: ExitReason): void {
    const { id } = entry.spec;
    entry.child = undefined;
    guarded((why) => this.#options.onChildExited?.(id, why), reason);
    if (this.#entries.get(id) === entry)
      this.#dispatch({ type: 'exited', id, reason, at: this.#clock.now() });
  }

  #stop(entry: Entry<C>): void {
    const { shutdown } = entry.spec;
    entry.stopping = true;
    if (shutdown === 'kill') entry.child?.kill('shutdown');
    else void entry.child?.stop(shutdown);
  }

  #delay(entry: Entry<C>, failures: number): void {
    const random = this.#options.random ?? Math.random;
    const ms = backoffMs(this.#options.backoff ?? defaultBackoff, failures, random());
    entry.cancelDelay = this.#clock.after(ms, () => this.#dispatch({ type: 'due', id: entry.spec.id }));
  }

  #end(reason: ExitReason): void {
    this.#resolveExited(reason);
    for (const observer of [...this.#observers]) observer();
  }

  #forget(entry: Entry<C>): void {
    entry.cancelDelay();
    this.#entries.delete(entry.spec.id);
    for (const resolve of entry.gone) resolve();
  }

  /** Resolves when `done` says so after a decision; rejects when the supervisor ends before. */
  #until(done: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const observe = () => {
        const ended = this.#state.phase !== 'running';
        if (!ended && !done()) return;
        this.#observers.delete(observe);
        if (ended) reject(this.#endedError());
        else resolve();
      };
      this.#observers.add(observe);
      observe();
    });
  }

  #endedError(): CodedError {
    return new CodedError(
      'SUPERVISOR_ENDED',
      `the supervisor has ended: ${describeExit(this.#state.reason)}`,
    );
  }
}
