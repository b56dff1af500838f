// `decide` says what a supervisor does about an event, as a pure function of its state.
import { type ExitReason, isLateStart, NORMAL } from '../errors.js';
import type { Intensity, Restart, Strategy } from './spec.js';

/**
 * - ready: the child starts as soon as the strategy allows
 * - waiting: the child has failed, and its restart is delayed
 * - starting, running, stopping
 */
export type ChildStatus = 'ready' | 'waiting' | 'starting' | 'running' | 'stopping';

/** A child as its supervisor's decisions see it. */
export interface ChildState {
  readonly id: string;
  readonly restart: Restart;
  readonly status: ChildStatus;
  /** Failures in a row. */
  readonly failures: number;
  /** When the child last began to run, in ms. */
  readonly since: number;
  /** The owner wants the child removed for good. */
  readonly removing: boolean;
}

/** The state that a supervisor decides by. */
export interface SupervisorState {
  readonly strategy: Strategy;
  readonly intensity: Intensity;
  readonly phase: 'running' | 'ending' | 'ended';
  /** Why the supervisor ends, once it does. */
  readonly reason: ExitReason;
  /** In start order. A child that ended for good is not in the list. */
  readonly children: readonly ChildState[];
  /** Times of the restarts that still count, in ms. */
  readonly restarts: readonly number[];
}

/** An event that a supervisor decides about; `id` names the child, `at` is the time in ms. */
export type SupervisorEvent =
  | { readonly type: 'begin' }
  | { readonly type: 'started'; readonly id: string; readonly at: number }
  /** The child ended, or its start failed. */
  | { readonly type: 'exited'; readonly id: string; readonly reason: ExitReason; readonly at: number }
  /** The delay before the child's restart is over. */
  | { readonly type: 'due'; readonly id: string }
  | { readonly type: 'add'; readonly id: string; readonly restart: Restart }
  | { readonly type: 'remove'; readonly id: string }
  | { readonly type: 'stop' };

/** An action that a decision asks for; `id` names the child. */
export type SupervisorAction =
  | { readonly type: 'start'; readonly id: string }
  /** Stop the child as its specification says; `exited` follows. */
  | { readonly type: 'stop'; readonly id: string }
  /** Send `due` after the backoff of that many failures. */
  | { readonly type: 'delay'; readonly id: string; readonly failures: number }
  /** The child ended for good, or was removed while it did not run. */
  | { readonly type: 'forget'; readonly id: string }
  /** All children are gone: end. */
  | { readonly type: 'end'; readonly reason: ExitReason };

/** The result of {@link decide}: the next state, and the actions in the order in which to take them. */
export interface RestartDecision {
  readonly state: SupervisorState;
  readonly actions: readonly SupervisorAction[];
}

/** The state of a supervisor that has not begun, with its children in start order. */
export function initialState(
  strategy: Strategy,
  intensity: Intensity,
  children: readonly { readonly id: string; readonly restart: Restart }[],
): SupervisorState {
  const states = children.map(({ id, restart }) => newChild(id, restart));
  return { strategy, intensity, phase: 'running', reason: NORMAL, children: states, restarts: [] };
}

/** Decides what a supervisor does about an event. The function is pure: the time comes with the event, and the caller acts. */
export function decide(state: SupervisorState, event: SupervisorEvent): RestartDecision {
  if (state.phase === 'ended') return { state, actions: [] };
  const applied = apply(state, event);
  const settled = settle(applied.state);
  const forgotten = forgetGone(state, settled.state);
  return { state: settled.state, actions: [...forgotten, ...applied.actions, ...settled.actions] };
}

function forgetGone(before: SupervisorState, after: SupervisorState): SupervisorAction[] {
  const kept = new Set(after.children.map((child) => child.id));
  const gone = before.children.filter((child) => !kept.has(child.id));
  return gone.map(({ id }) => ({ type: 'forget', id }));
}

function apply(state: SupervisorState, event: SupervisorEvent): RestartDecision {
  switch (event.type) {
    case 'begin':
      return unchanged(state);
    case 'started':
      return unchanged(
        change(state, event.id, (child) =>
          child.status === 'starting' ? { ...child, status: 'running', since: event.at } : child,
        ),
      );
    case 'exited':
      return exited(state, event.id, event.reason, event.at);
    case 'due':
      return unchanged(
        change(state, event.id, (child) =>
          child.status === 'waiting' ? { ...child, status: 'ready' } : child,
        ),
      );
    case 'add':
      return unchanged({ ...state, children: [...state.children, newChild(event.id, event.restart)] });
    case 'remove':
      return unchanged(
        change(state, event.id, (child) => (isLive(child) ? { ...child, removing: true } : undefined)),
      );
    case 'stop':
      return unchanged(state.phase === 'running' ? { ...state, phase: 'ending' } : state);
  }
}

function exited(state: SupervisorState, id: string, reason: ExitReason, at: number): RestartDecision {
  const child = state.children.find((each) => each.id === id);
  if (child === undefined) return unchanged(state);
  const gone = change(state, id, () => undefined);
  if (state.phase !== 'running' || child.removing) return unchanged(gone);
  if (child.status === 'stopping') {
    // The child was stopped because one before it failed: it comes back with the others.
    if (child.restart === 'temporary') return unchanged(gone);
    return unchanged(change(state, id, (each) => ({ ...each, status: 'ready' })));
  }
  if (!wantsRestart(child.restart, reason)) return unchanged(gone);
  return failed(state, child, reason, at);
}

/**
 * Counts a failure: the child restarts after a delay, or the supervisor gives up. A late start delays the restart too,
 * longer each time, but counts as no failure: on a machine too busy to start anything, giving up would end the children that
 * still run.
 */
function failed(state: SupervisorState, child: ChildState, last: ExitReason, at: number): RestartDecision {
  const { restarts: most, withinMs } = state.intensity;
  const recent = state.restarts.filter((time) => at - time < withinMs);
  const isLate = isLateStart(last);
  if (recent.length >= most && !isLate) {
    const reason: ExitReason = { kind: 'escalated', child: child.id, last };
    return unchanged({ ...change(state, child.id, () => undefined), phase: 'ending', reason });
  }
  const recovered = child.status === 'running' && at - child.since >= withinMs;
  const failures = recovered ? 1 : child.failures + 1;
  const waiting = change(state, child.id, (each) => ({ ...each, status: 'waiting', failures }));
  return {
    state: { ...waiting, restarts: isLate ? recent : [...recent, at] },
    actions: [{ type: 'delay', id: child.id, failures }],
  };
}

/** Adds the starts and stops that the state allows now. */
function settle(state: SupervisorState): RestartDecision {
  if (state.phase === 'ending') return settleEnding(state);
  const removing = state.children.filter((child) => child.removing && child.status !== 'stopping');
  const begun = stopAll(state, removing);
  const next =
    state.strategy === 'one-for-one' ? settleOneForOne(begun.state) : settleRestForOne(begun.state);
  return { state: next.state, actions: [...begun.actions, ...next.actions] };
}

/** Stops the children one after the other, in reverse start order. */
function settleEnding(state: SupervisorState): RestartDecision {
  const live = state.children.filter(isLive);
  const left: SupervisorState = { ...state, children: live };
  const last = live.at(-1);
  if (last === undefined) {
    return { state: { ...left, phase: 'ended' }, actions: [{ type: 'end', reason: state.reason }] };
  }
  return live.some((child) => child.status === 'stopping') ? unchanged(left) : stopAll(left, [last]);
}

function settleOneForOne(state: SupervisorState): RestartDecision {
  return startAll(
    state,
    state.children.filter((child) => child.status === 'ready'),
  );
}

/** Stops the children after the first that does not run, in reverse order; then that one starts. */
function settleRestForOne(state: SupervisorState): RestartDecision {
  const at = state.children.findIndex((child) => child.status !== 'running');
  const first = state.children[at];
  if (first === undefined) return unchanged(state);
  const after = state.children.slice(at + 1).filter(isLive);
  const last = after.at(-1);
  if (last !== undefined) {
    return after.some((child) => child.status === 'stopping') ? unchanged(state) : stopAll(state, [last]);
  }
  return first.status === 'ready' ? startAll(state, [first]) : unchanged(state);
}

function startAll(state: SupervisorState, children: readonly ChildState[]): RestartDecision {
  return turnAll(state, children, 'starting', 'start');
}

function stopAll(state: SupervisorState, children: readonly ChildState[]): RestartDecision {
  return turnAll(state, children, 'stopping', 'stop');
}

function turnAll(
  state: SupervisorState,
  children: readonly ChildState[],
  status: ChildStatus,
  type: 'start' | 'stop',
): RestartDecision {
  if (children.length === 0) return unchanged(state);
  const ids = new Set(children.map((child) => child.id));
  const turned = state.children.map((child) => (ids.has(child.id) ? { ...child, status } : child));
  return { state: { ...state, children: turned }, actions: children.map(({ id }) => ({ type, id })) };
}

function wantsRestart(restart: Restart, reason: ExitReason): boolean {
  return restart === 'permanent' || (restart === 'transient' && reason.kind !== 'normal');
}

function isLive(child: ChildState): boolean {
  return child.status === 'starting' || child.status === 'running' || child.status === 'stopping';
}

function newChild(id: string, restart: Restart): ChildState {
  return { id, restart, status: 'ready', failures: 0, since: 0, removing: false };
}

function change(
  state: SupervisorState,
  id: string,
  to: (child: ChildState) => ChildState | undefined,
): SupervisorState {
  const children = state.children.flatMap((child) => (child.id === id ? (to(child) ?? []) : child));
  return { ...state, children };
}

function unchanged(state: SupervisorState): RestartDecision {
  return { state, actions: [] };
}
