import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  crashed,
  type ExitReason,
  HostStartLateError,
  isLateStart,
  NORMAL,
} from '../../../src/actors/errors.js';
import {
  decide,
  initialState,
  type SupervisorAction,
  type SupervisorEvent,
  type SupervisorState,
} from '../../../src/actors/supervision/decide.js';
import {
  defaultIntensity,
  intensityOf,
  type Restart,
  type Strategy,
} from '../../../src/actors/supervision/spec.js';
import { sized } from '../../support/sized.js';

const RESTARTS: Restart[] = ['permanent', 'transient', 'temporary'];

/** What the outside world may do next; `pick` chooses the child. */
type Step =
  | { readonly type: 'started' | 'crash' | 'finish' | 'due' | 'add' | 'remove'; readonly pick: number }
  | { readonly type: 'stop' }
  | { readonly type: 'wait'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ type: fc.constantFrom('started', 'crash', 'due'), pick: fc.nat(9) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constantFrom('finish', 'add', 'remove'), pick: fc.nat(9) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('wait'), ms: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('stop') }) },
);

interface Scenario {
  readonly strategy: Strategy;
  readonly restarts: number;
  readonly children: Restart[];
  readonly steps: Step[];
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  strategy: fc.constantFrom('one-for-one', 'rest-for-one'),
  restarts: fc.nat(4),
  children: fc.array(fc.constantFrom(...RESTARTS), { maxLength: 5 }),
  steps: fc.array(step, { maxLength: 80, size: 'max' }),
});

const WITHIN_MS = 100;

/** A world that obeys: what is told to stop stops when the scenario picks it; checks the model after every event. */
class World {
  state: SupervisorState;
  readonly actions: SupervisorAction[] = [];
  /** Ids that really run, start or stop, in the order of their starts. */
  live: string[] = [];
  readonly delays: number[] = [];
  #at = 0;
  #added = 0;

  constructor({ strategy, restarts, children }: Scenario) {
    const specs = children.map((restart, index) => ({ id: `c${index}`, restart }));
    this.state = initialState(strategy, { restarts, withinMs: WITHIN_MS }, specs);
  }

  send(event: SupervisorEvent): void {
    const { state, actions } = decide(this.state, event);
    this.state = state;
    for (const action of actions) this.#record(action);
    this.#check();
  }

  step(step: Step): void {
    if (step.type === 'wait') this.#at += step.ms;
    else if (step.type === 'stop') this.send({ type: 'stop' });
    else this.#child(step.type, step.pick);
  }

  /** Stops, and lets everything end. */
  finish(): void {
    this.send({ type: 'stop' });
    while (this.live.length > 0) {
      const stopping = this.state.children.find((child) => child.status === 'stopping');
      assert.ok(stopping, 'someone is stopping');
      this.#exit(stopping.id, NORMAL);
    }
    assert.equal(this.state.phase, 'ended');
  }

  #child(type: 'started' | 'crash' | 'finish' | 'due' | 'add' | 'remove', pick: number): void {
    if (type === 'add') {
      this.#added += 1;
      this.send({ type: 'add', id: `d${this.#added}`, restart: RESTARTS[pick % 3] ?? 'permanent' });
      return;
    }
    const ofType = this.state.children.filter(({ status }) => {
      if (type === 'started') return status === 'starting';
      if (type === 'due') return status === 'waiting';
      return type === 'remove' || status === 'running' || status === 'stopping' || status === 'starting';
    });
    const id = ofType[pick % Math.max(1, ofType.length)]?.id;
    if (id === undefined) return;
    if (type === 'crash') this.#exit(id, crashed(new Error('crash')));
    else if (type === 'finish') this.#exit(id, NORMAL);
    else if (type === 'started') this.send({ type, id, at: this.#at });
    else this.send({ type, id });
  }

  #exit(id: string, reason: typeof NORMAL): void {
    this.live = this.live.filter((each) => each !== id);
    this.send({ type: 'exited', id, reason, at: this.#at });
  }

  #record(action: SupervisorAction): void {
    this.actions.push(action);
    if (action.type === 'start') {
      assert.ok(!this.live.includes(action.id), 'never two of one id');
      assert.equal(this.state.phase, 'running', 'nothing starts while it ends');
      this.live.push(action.id);
    } else if (action.type === 'stop') this.#checkStop(action.id);
    else if (action.type === 'delay') this.delays.push(this.#at);
    else if (action.type === 'end') assert.deepEqual(this.live, []);
  }

  /** While it ends, and always in rest-for-one, the last live child is the one to stop, unless it is removed. */
  #checkStop(id: string): void {
    const child = this.state.children.find((each) => each.id === id);
    if (this.state.phase === 'running' && child?.removing) return;
    const inOrder = this.state.children.filter((each) => this.live.includes(each.id));
    assert.equal(inOrder.at(-1)?.id, id, 'reverse start order');
  }

  #check(): void {
    const { children, strategy, intensity } = this.state;
    const live = children.filter(({ status }) => ['starting', 'running', 'stopping'].includes(status));
    assert.deepEqual(
      live.map(({ id }) => id).toSorted(),
      this.live.toSorted(),
      'the state knows what is live',
    );
    for (const at of this.delays) {
      const inWindow = this.delays.filter((other) => other >= at && other - at < WITHIN_MS);
      assert.ok(inWindow.length <= intensity.restarts, 'never more restarts than the intensity allows');
    }
    if (strategy === 'rest-for-one') {
      const starting = children.findIndex(({ status }) => status === 'starting');
      const before = starting < 0 ? [] : children.slice(0, starting);
      assert.ok(
        before.every(({ status }) => status === 'running' || status === 'stopping' || status === 'waiting'),
      );
    }
  }
}

test('decide keeps its promises in any scenario', () => {
  fc.assert(
    fc.property(scenario, (given) => {
      const world = new World(given);
      world.send({ type: 'begin' });
      for (const each of given.steps) world.step(each);
      world.finish();
      assert.equal(world.actions.filter(({ type }) => type === 'end').length, 1);
    }),
    { numRuns: sized(1000, 100_000) },
  );
});

test('decide changes nothing once the supervisor has ended', () => {
  const ended = decide(initialState('one-for-one', { restarts: 1, withinMs: 1 }, []), { type: 'stop' });
  assert.equal(ended.state.phase, 'ended');
  const after = decide(ended.state, { type: 'add', id: 'late', restart: 'permanent' });
  assert.deepEqual(after, { state: ended.state, actions: [] });
});

/** Ends of children of one supervisor, a millisecond apart, each of which is due again at once. */
function endings(children: number, ends: number, reason: ExitReason): SupervisorState['phase'] {
  const specs = Array.from({ length: children }, (_, i) => ({ id: `c${i}`, restart: 'permanent' as const }));
  let { state } = decide(initialState('one-for-one', intensityOf(children), specs), { type: 'begin' });
  for (let at = 0; at < ends; at += 1) {
    const id = `c${at % children}`;
    // A late start never runs.
    if (!isLateStart(reason)) ({ state } = decide(state, { type: 'started', id, at }));
    ({ state } = decide(state, { type: 'exited', id, reason, at }));
    ({ state } = decide(state, { type: 'due', id }));
  }
  return state.phase;
}

test('B4: a supervisor of many bears as many failures of each as that of one', () => {
  const crash = crashed(new Error('crash'));
  for (const children of [1, 2, 4, 64]) {
    const most = children * defaultIntensity.restarts;
    assert.equal(endings(children, most, crash), 'running');
    assert.notEqual(endings(children, most + 1, crash), 'running');
  }
});

test('B4: starts that are late are no crash loop, however many', () => {
  const late = crashed(new HostStartLateError('h', 1));
  for (const children of [1, 4]) assert.equal(endings(children, 1000, late), 'running');
});

test('B4: a start that is late is tried again ever later', () => {
  const reason = crashed(new HostStartLateError('h', 1));
  let { state, actions } = decide(
    initialState('one-for-one', defaultIntensity, [{ id: 'a', restart: 'permanent' }]),
    {
      type: 'begin',
    },
  );
  for (let failures = 1; failures <= 10; failures += 1) {
    ({ state, actions } = decide(state, { type: 'exited', id: 'a', reason, at: failures }));
    assert.deepEqual(actions, [{ type: 'delay', id: 'a', failures }]);
    ({ state } = decide(state, { type: 'due', id: 'a' }));
  }
});

test('rest-for-one starts a child only when all before it run', () => {
  const specs = ['a', 'b', 'c'].map((id) => ({ id, restart: 'permanent' as const }));
  let { state, actions } = decide(initialState('rest-for-one', { restarts: 1, withinMs: 1 }, specs), {
    type: 'begin',
  });
  for (const id of ['a', 'b', 'c']) {
    assert.deepEqual(actions, [{ type: 'start', id }]);
    ({ state, actions } = decide(state, { type: 'started', id, at: 0 }));
  }
  assert.deepEqual(actions, []);
});
