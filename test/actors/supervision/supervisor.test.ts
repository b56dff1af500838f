import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActorRef } from '../../../src/actors/behaviour.js';
import { spawn } from '../../../src/actors/local/spawn.js';
import { actorChild } from '../../../src/actors/supervision/spec.js';
import { Supervisor } from '../../../src/actors/supervision/supervisor.js';
import { type FakeChild, FakeChildren } from '../fake-child.js';
import { deferred, ManualClock, settle } from '../kit.js';
import { BACKOFF, supervise } from '../supervised.js';

test('kills what does not stop in time', async () => {
  const { clock, children, supervisor } = await supervise('one-for-one', ['a', 'b']);
  children.get('b').obedient = false;
  const stopped = supervisor.stop(1000);
  await settle();
  clock.advance(1000);
  assert.equal((await stopped).kind, 'killed');
  assert.deepEqual(children.take(), ['stop b 100', 'kill b', 'kill a']);
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
  const gate = deferred();
  children.held.set('s', gate.promise);
  const started = supervisor.startChild(children.spec('s'));
  const stopped = supervisor.stop(1000);
  await assert.rejects(started, { code: 'SUPERVISOR_ENDED' });
  gate.resolve();
  assert.deepEqual(await stopped, { kind: 'normal' });
  assert.deepEqual(children.take(), ['start s', 'stop s 100']);
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

test('an actor is a child', async () => {
  const clock = new ManualClock();
  const refs: ActorRef<string>[] = [];
  const supervisor = new Supervisor({
    strategy: 'one-for-one',
    children: [
      {
        id: 'actor',
        restart: 'permanent',
        shutdown: 100,
        start: async () => {
          const ref = spawn<string>(() => ({
            receive: (message) => {
              throw new Error(message);
            },
          }));
          refs.push(ref);
          return actorChild(ref);
        },
      },
    ],
    backoff: BACKOFF,
    clock,
  });
  await supervisor.start();
  refs[0]?.tell('fail');
  await settle();
  clock.advance(10);
  await settle();
  assert.equal(refs.length, 2);
  assert.deepEqual(await supervisor.stop(1000), { kind: 'normal' });
  assert.equal(refs[1]?.tell('too late'), false);
  const killed = actorChild(spawn<string>(() => ({ receive: () => {} })));
  killed.kill('test');
  assert.deepEqual(await killed.exited, { kind: 'killed', why: 'test' });
});
