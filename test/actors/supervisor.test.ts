import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Strategy } from '../../src/actors/supervision/spec.js';
import { Supervisor, type SupervisorOptions } from '../../src/actors/supervisor.js';
import { type FakeChild, FakeChildren } from './fake-child.js';
import { ManualClock, settle } from './kit.js';

const BACKOFF = { minMs: 10, maxMs: 1000 };

async function supervise(
  strategy: Strategy,
  ids: string[],
  options: Partial<SupervisorOptions<FakeChild>> = {},
) {
  const clock = new ManualClock();
  const children = new FakeChildren();
  const supervisor = new Supervisor<FakeChild>({
    strategy,
    children: ids.map((id) => children.spec(id)),
    backoff: BACKOFF,
    random: () => 0,
    clock,
    ...options,
  });
  await supervisor.start();
  assert.deepEqual(
    children.take(),
    ids.map((id) => `start ${id}`),
  );
  return { clock, children, supervisor };
}

test('one-for-one restarts the child that failed, alone', async () => {
  const { clock, children, supervisor } = await supervise('one-for-one', ['a', 'b', 'c']);
  const first = children.get('b');
  first.crash();
  await settle();
  clock.advance(10);
  await settle();
  assert.deepEqual(children.take(), ['start b']);
  assert.notEqual(supervisor.child('b'), first);
});

test('rest-for-one stops those after the failed one in reverse order and restarts them in order', async () => {
  const { clock, children } = await supervise('rest-for-one', ['a', 'b', 'c', 'd']);
  children.get('b').crash();
  await settle();
  assert.deepEqual(children.take(), ['stop d 100', 'stop c 100']);
  clock.advance(10);
  await settle();
  assert.deepEqual(children.take(), ['start b', 'start c', 'start d']);
});

test('stops its children in reverse start order, one after the other', async () => {
  const { children, supervisor } = await supervise('one-for-one', ['a', 'b', 'c']);
  children.get('b').obedient = false;
  const stopped = supervisor.stop(1000);
  await settle();
  assert.deepEqual(children.take(), ['stop c 100', 'stop b 100'], 'a waits for b');
  children.get('b').end({ kind: 'normal' });
  assert.deepEqual(await stopped, { kind: 'normal' });
  assert.deepEqual(children.take(), ['stop a 100']);
});

test('kills what does not stop in time', async () => {
  const { clock, children, supervisor } = await supervise('one-for-one', ['a', 'b']);
  children.get('b').obedient = false;
  const stopped = supervisor.stop(1000);
  await settle();
  clock.advance(1000);
  assert.equal((await stopped).kind, 'killed');
  assert.deepEqual(children.take(), ['stop b 100', 'kill b', 'kill a']);
});

test('gives up after too many restarts, children stopped in reverse order', async () => {
  const { clock, children, supervisor } = await supervise('one-for-one', ['a', 'b', 'c'], {
    intensity: { restarts: 2, withinMs: 10_000 },
  });
  for (let failure = 0; failure < 3; failure++) {
    children.get('b').crash();
    await settle();
    clock.advance(50);
    await settle();
  }
  assert.deepEqual(children.take(), ['start b', 'start b', 'stop c 100', 'stop a 100']);
  const reason = await supervisor.exited;
  assert.equal(reason.kind, 'escalated');
  assert.equal(reason.kind === 'escalated' && reason.child, 'b');
  assert.equal(clock.pending, 0);
});

test('failing starts count as exits and are delayed longer and longer', async () => {
  const clock = new ManualClock();
  const children = new FakeChildren();
  children.failing.add('a');
  const exits: string[] = [];
  const supervisor = new Supervisor<FakeChild>({
    strategy: 'one-for-one',
    children: [children.spec('a')],
    backoff: BACKOFF,
    random: () => 0,
    clock,
    intensity: { restarts: 3, withinMs: 10_000 },
    onChildExited: (id, reason) => exits.push(`${id} ${reason.kind}`),
  });
  const started = supervisor.start();
  started.catch(() => {});
  for (const delay of [10, 20, 40]) {
    await settle();
    assert.deepEqual(children.take(), ['start a']);
    clock.advance(delay - 1);
    await settle();
    assert.deepEqual(children.take(), []);
    clock.advance(1);
  }
  await assert.rejects(started, { code: 'SUPERVISOR_ENDED' });
  assert.equal(exits.length, 4);
});

test('transient children are restarted unless they end as normal, temporary ones never', async () => {
  const children = new FakeChildren();
  const clock = new ManualClock();
  const supervisor = new Supervisor<FakeChild>({
    strategy: 'one-for-one',
    children: [children.spec('t', { restart: 'transient' }), children.spec('x', { restart: 'temporary' })],
    clock,
    backoff: BACKOFF,
    random: () => 0,
  });
  await supervisor.start();
  children.get('t').crash();
  children.get('x').crash();
  await settle();
  clock.advance(10);
  await settle();
  assert.deepEqual(children.take(), ['start t', 'start x', 'start t']);
  children.get('t').end({ kind: 'normal' });
  await settle();
  assert.deepEqual(supervisor.children, []);
});

test('dynamic children come and go', async () => {
  const { children, supervisor } = await supervise('one-for-one', ['a']);
  const child = await supervisor.startChild(children.spec('d'));
  assert.equal(supervisor.child('d'), child);
  await assert.rejects(supervisor.startChild(children.spec('d')), { code: 'SUPERVISOR_CHILD_EXISTS' });
  await supervisor.terminateChild('d');
  assert.deepEqual(children.take(), ['start d', 'stop d 100']);
  assert.equal(supervisor.child('d'), undefined);
  await supervisor.terminateChild('unknown');
  children.failing.add('e');
  const failing = supervisor.startChild(children.spec('e', { restart: 'temporary' }));
  await assert.rejects(failing, { code: 'SUPERVISOR_CHILD_FAILED' });
  await supervisor.stop(1000);
  await assert.rejects(supervisor.startChild(children.spec('f')), { code: 'SUPERVISOR_ENDED' });
});

test('a child that waits for its restart can be terminated', async () => {
  const { clock, children, supervisor } = await supervise('one-for-one', ['a']);
  children.get('a').crash();
  await settle();
  await supervisor.terminateChild('a');
  assert.equal(clock.pending, 0);
  clock.advance(1000);
  await settle();
  assert.deepEqual(children.take(), []);
});

test('a child told to stop while it starts is stopped once it has started', async () => {
  const { children, supervisor } = await supervise('one-for-one', []);
  let release = () => {};
  children.held.set(
    's',
    new Promise((resolve) => {
      release = resolve;
    }),
  );
  const started = supervisor.startChild(children.spec('s'));
  const stopped = supervisor.stop(1000);
  await assert.rejects(started, { code: 'SUPERVISOR_ENDED' });
  release();
  assert.deepEqual(await stopped, { kind: 'normal' });
  assert.deepEqual(children.take(), ['start s', 'stop s 100']);
});

test('a child that starts after its supervisor was killed is killed', async () => {
  const { children, supervisor } = await supervise('one-for-one', ['a']);
  let release = () => {};
  children.held.set(
    'late',
    new Promise((resolve) => {
      release = resolve;
    }),
  );
  supervisor.startChild(children.spec('late')).catch(() => {});
  await settle();
  supervisor.kill('test');
  assert.deepEqual(await supervisor.exited, { kind: 'killed', why: 'test' });
  release();
  await settle();
  assert.equal((await children.get('late').exited).kind, 'killed');
});

test('tells when a child runs and when it has ended, so that its owner can rewire', async () => {
  const events: string[] = [];
  const { clock, children, supervisor } = await supervise('one-for-one', ['a'], {
    onChildStarted: (id, child) => events.push(`started ${id} ${child.id}`),
    onChildExited: (id, reason) => events.push(`exited ${id} ${reason.kind}`),
  });
  children.get('a').crash();
  await settle();
  clock.advance(10);
  await settle();
  await supervisor.stop(100);
  assert.deepEqual(events, ['started a a', 'exited a crashed', 'started a a', 'exited a normal']);
});

test("a child with shutdown 'kill' is killed at once", async () => {
  const { children, supervisor } = await supervise('one-for-one', []);
  await supervisor.startChild(children.spec('k', { shutdown: 'kill' }));
  await supervisor.stop(100);
  assert.deepEqual(children.take(), ['start k', 'kill k']);
});

test('a supervisor is a child of another, and escalates to it', async () => {
  const clock = new ManualClock();
  const children = new FakeChildren();
  const inner = () =>
    new Supervisor<FakeChild>({
      strategy: 'one-for-one',
      children: [children.spec('leaf')],
      intensity: { restarts: 0, withinMs: 1000 },
      clock,
    }).start();
  const outer = new Supervisor({
    strategy: 'one-for-one',
    children: [{ id: 'inner', start: inner, restart: 'permanent', shutdown: Infinity }],
    backoff: BACKOFF,
    clock,
  });
  await outer.start();
  children.get('leaf').crash();
  await settle();
  clock.advance(10);
  await settle();
  assert.deepEqual(children.take(), ['start leaf', 'start leaf']);
  await outer.stop(1000);
  assert.deepEqual(children.take(), ['stop leaf 100']);
});
