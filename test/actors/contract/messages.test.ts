import assert from 'node:assert/strict';
import { MAILBOX_MESSAGES, TIMERS_PER_ACTOR } from '../../../src/actors/limits.js';
import { type Start, spawn } from '../../../src/actors/local/spawn.js';
import { Inbox } from '../inbox.js';
import { deferred, ManualClock, settle, until } from '../kit.js';
import { loopback } from '../loopback.js';
import { probe } from './probe.js';
import { sentence } from './sentence.js';

type Numbers = { add: { request: number; response: number } };

sentence(
  'Messages from one sender to one actor are handled in the order they were sent, questions included.',
  async () => {
    const seen: number[] = [];
    const start: Start<number, Numbers> = () => ({
      receive: (message) => {
        seen.push(message);
      },
      answer: { add: (request) => seen.push(request) },
    });
    const local = spawn(start);
    const asked = [];
    for (let i = 0; i < 100; i += 2) {
      local.tell(i);
      asked.push(local.ask('add', i + 1, 1000));
    }
    await Promise.all(asked);
    assert.deepEqual(
      seen,
      Array.from({ length: 100 }, (_, i) => i),
    );
    await local.stop(1000);
  },
);

sentence('While the promise of a handler is pending, the next message waits.', async () => {
  const gate = deferred();
  const seen: string[] = [];
  const ref = spawn<string>(() => ({
    receive: async (message) => {
      seen.push(`begin ${message}`);
      if (message === 'slow') await gate.promise;
      seen.push(`end ${message}`);
    },
  }));
  ref.tell('slow');
  ref.tell('next');
  await settle();
  assert.deepEqual(seen, ['begin slow']);
  gate.resolve();
  await settle();
  assert.deepEqual(seen, ['begin slow', 'end slow', 'begin next', 'end next']);
  await ref.stop(1000);
});

sentence('`tell` to a local actor returns before the message is handled.', async () => {
  let handled = 0;
  const ref = spawn<null>((context) => ({
    receive: () => {
      handled += 1;
      if (handled === 1) {
        context.self.tell(null);
        assert.equal(handled, 1);
      }
    },
  }));
  assert.equal(ref.tell(null), true);
  assert.equal(handled, 0);
  await settle();
  assert.equal(handled, 2);
  await ref.stop(1000);
});

sentence(
  'A message to an actor that has ended is refused, or dropped and counted when it was on its way.',
  async () => {
    const { kind, implementation } = probe((context) => ({
      receive: (message) => {
        if (message === 'end') context.exit();
      },
    }));
    const link = await loopback([implementation], { liveness: { periodMs: 1000 } });
    const owner = new Inbox<string>();
    const ref = link.host.spawn(kind, null, owner);
    ref.tell('end');
    assert.equal(ref.tell('on its way'), true);
    await owner.exit;
    assert.equal(ref.tell('late'), false);
    link.clock.advance(1000);
    await until(() => link.host.stats().droppedMessages === 1);

    const local = spawn<string>(() => ({ receive: () => {} }));
    await local.stop(1000);
    assert.equal(local.tell('late'), false);
    await link.close();
  },
);

sentence('Actors that keep each other busy do not starve the event loop.', async () => {
  let rounds = 0;
  const pong = spawn<() => void>(() => ({ receive: (reply) => reply() }));
  const ping = spawn<null>((context) => ({
    receive: () => {
      rounds += 1;
      pong.tell(() => context.self.tell(null));
    },
  }));
  ping.tell(null);
  await new Promise((resolve) => setTimeout(resolve, 1));
  assert.ok(rounds > 0);
  ping.kill('test');
  pong.kill('test');
});

sentence(
  'A full mailbox refuses: `tell` is false, `ask` rejects with ACTOR_MAILBOX_FULL, and the message is never handled.',
  async () => {
    const seen: number[] = [];
    const start: Start<number, Numbers> = () => ({
      receive: (message) => {
        seen.push(message);
      },
      answer: { add: (request) => seen.push(request) },
    });
    for (const [bound, ref] of [
      [MAILBOX_MESSAGES, spawn(start)],
      [2, spawn(start, { mailbox: 2 })],
    ] as const) {
      seen.length = 0;
      for (let i = 0; i < bound; i++) assert.equal(ref.tell(i), true);
      assert.equal(ref.tell(-1), false);
      await assert.rejects(ref.ask('add', -1, 1000), { code: 'ACTOR_MAILBOX_FULL' });
      await settle();
      assert.equal(seen.length, bound);
      assert.equal(ref.tell(bound), true, 'there is room again');
      await settle();
      await ref.stop(1000);
    }
  },
);

sentence(
  'A hosted actor whose mailbox overflows ends as crashed with ACTOR_MAILBOX_FULL, since its sender cannot be told in time; a question is refused.',
  async () => {
    const { kind, implementation } = probe<Numbers>(() => ({
      receive: () => new Promise<void>(() => {}),
      answer: { add: (request) => request },
    }));
    const link = await loopback([implementation]);
    const owner = new Inbox<string>();
    const ref = link.host.spawn(kind, null, owner);
    for (let i = 0; i < MAILBOX_MESSAGES + 1; i++) ref.tell('one is handled, the others wait');
    await assert.rejects(ref.ask('add', 1, 1000), { code: 'ACTOR_MAILBOX_FULL' });
    ref.tell('too many');
    const reason = await owner.exit;
    assert.equal(reason.kind === 'crashed' && reason.error.code, 'ACTOR_MAILBOX_FULL');
    await link.close();
  },
);

sentence(
  'What an actor schedules for itself is not refused, but it may have at most 16,384 timers.',
  async () => {
    const clock = new ManualClock();
    const seen: string[] = [];
    const gate = deferred();
    const ref = spawn<string>(
      (context) => ({
        receive: async (message) => {
          seen.push(message);
          if (message !== 'schedule') return;
          for (let i = 0; i < TIMERS_PER_ACTOR; i++) context.schedule(i < 2 ? 1 : 1e9, 'scheduled');
          const cancel = context.schedule;
          assert.throws(() => cancel(1, 'one too many'), { code: 'ACTOR_MAILBOX_FULL' });
          await gate.promise;
        },
      }),
      { mailbox: 1, clock },
    );
    ref.tell('schedule');
    await settle();
    ref.tell('told');
    assert.equal(ref.tell('refused'), false);
    clock.advance(1);
    gate.resolve();
    await settle();
    assert.deepEqual(seen, ['schedule', 'told', 'scheduled', 'scheduled']);
    await ref.stop(1000);
  },
);
