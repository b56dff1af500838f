import assert from 'node:assert/strict';
import { defaultBackoff } from '../../../src/actors/supervision/spec.js';
import { Supervisor } from '../../../src/actors/supervision/supervisor.js';
import { type FakeChild, FakeChildren } from '../fake-child.js';
import { deferred, ManualClock, settle } from '../kit.js';
import { BACKOFF, supervise } from '../supervised.js';
import { sentence } from './sentence.js';

sentence('One-for-one restarts the child that failed, alone.', async () => {
  const { clock, children, supervisor } = await supervise('one-for-one', ['a', 'b', 'c']);
  const first = children.get('b');
  first.crash();
  await settle();
  clock.advance(10);
  await settle();
  assert.deepEqual(children.take(), ['start b']);
  assert.notEqual(supervisor.child('b'), first);
});

sentence(
  'Rest-for-one stops the children after the failed one in reverse order, and restarts them with it in order.',
  async () => {
    const { clock, children } = await supervise('rest-for-one', ['a', 'b', 'c', 'd']);
    children.get('b').crash();
    await settle();
    assert.deepEqual(children.take(), ['stop d 100', 'stop c 100']);
    clock.advance(10);
    await settle();
    assert.deepEqual(children.take(), ['start b', 'start c', 'start d']);
  },
);

sentence(
  'Children are stopped one after the other in reverse start order, each within its own shutdown time.',
  async () => {
    const { children, supervisor } = await supervise('one-for-one', ['a', 'b', 'c']);
    children.get('b').obedient = false;
    const stopped = supervisor.stop(1000);
    await settle();
    assert.deepEqual(children.take(), ['stop c 100', 'stop b 100'], 'a waits for b');
    children.get('b').end({ kind: 'normal' });
    assert.deepEqual(await stopped, { kind: 'normal' });
    assert.deepEqual(children.take(), ['stop a 100']);
  },
);

sentence(
  'More than 5 restarts in 30 s, or what was set, and the supervisor stops its children and ends as escalated.',
  async () => {
    for (const [restarts, options] of [
      [5, {}],
      [2, { intensity: { restarts: 2, withinMs: 30_000 } }],
    ] as const) {
      const { clock, children, supervisor } = await supervise('one-for-one', ['a', 'b', 'c'], options);
      // Once in 10 s is borne for as long as it takes.
      for (let failure = 0; failure < 10; failure++) {
        children.get('b').crash();
        await settle();
        clock.advance(15_000);
        await settle();
      }
      clock.advance(30_000);
      children.take();
      for (let failure = 0; failure <= restarts; failure++) {
        children.get('b').crash();
        await settle();
        clock.advance(1000);
        await settle();
      }
      assert.deepEqual(children.take(), [...new Array(restarts).fill('start b'), 'stop c 100', 'stop a 100']);
      const reason = await supervisor.exited;
      assert.equal(reason.kind === 'escalated' && reason.child, 'b');
      assert.equal(clock.pending, 0);
    }
  },
);

sentence('A start that fails counts as an exit.', async () => {
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
  const refused = assert.rejects(supervisor.start(), { code: 'SUPERVISOR_ENDED' });
  for (let failure = 0; failure < 4; failure++) {
    await settle();
    assert.deepEqual(children.take(), ['start a']);
    clock.advance(1000);
  }
  await refused;
  assert.deepEqual(exits, new Array(4).fill('a crashed'));
});

sentence(
  'A restart waits, from 100 ms on, twice as long after each failure in a row, up to 10 s, less up to half by chance.',
  async () => {
    for (const [random, delays] of [
      [0, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]],
      [0.5, [75, 150, 300, 600, 1200, 2400, 4800, 7500, 7500]],
    ] as const) {
      const { clock, children } = await supervise('one-for-one', ['a'], {
        backoff: defaultBackoff,
        random: () => random,
        intensity: { restarts: 100, withinMs: 30_000 },
      });
      const failAndAwait = async (delay: number) => {
        children.get('a').crash();
        await settle();
        clock.advance(delay - 1);
        await settle();
        assert.deepEqual(children.take(), [], `not before ${delay} ms`);
        clock.advance(1);
        await settle();
        assert.deepEqual(children.take(), ['start a']);
      };
      for (const delay of delays) await failAndAwait(delay);
      clock.advance(30_000);
      await failAndAwait(delays[0]);
    }
  },
);

sentence(
  'A permanent child is restarted always, a transient one unless it ended as normal, a temporary one never.',
  async () => {
    const children = new FakeChildren();
    const clock = new ManualClock();
    const supervisor = new Supervisor<FakeChild>({
      strategy: 'one-for-one',
      children: [
        children.spec('p'),
        children.spec('t', { restart: 'transient' }),
        children.spec('x', { restart: 'temporary' }),
      ],
      clock,
      backoff: BACKOFF,
      random: () => 0,
    });
    await supervisor.start();
    for (const id of ['p', 't', 'x']) children.get(id).crash();
    await settle();
    clock.advance(10);
    await settle();
    assert.deepEqual(children.take().slice(3), ['start p', 'start t']);
    for (const id of ['p', 't']) children.get(id).end({ kind: 'normal' });
    await settle();
    clock.advance(20);
    await settle();
    assert.deepEqual(children.take(), ['start p']);
    assert.deepEqual(
      supervisor.children.map((child) => child.id),
      ['p'],
    );
    supervisor.kill('test');
  },
);

sentence(
  'A child that starts after its supervisor was killed is killed: there are no late children.',
  async () => {
    const { children, supervisor } = await supervise('one-for-one', ['a']);
    const gate = deferred();
    children.held.set('late', gate.promise);
    const refused = assert.rejects(supervisor.startChild(children.spec('late')), {
      code: 'SUPERVISOR_ENDED',
    });
    await settle();
    supervisor.kill('test');
    assert.deepEqual(await supervisor.exited, { kind: 'killed', why: 'test' });
    await refused;
    gate.resolve();
    await settle();
    assert.equal((await children.get('late').exited).kind, 'killed');
  },
);
