import assert from 'node:assert/strict';
import { CodedError } from '../../../src/actors/errors.js';
import { ASKS_PER_ACTOR } from '../../../src/actors/limits.js';
import { spawn } from '../../../src/actors/local/spawn.js';
import { Inbox } from '../inbox.js';
import { type Deferred, deferred, ManualClock, until } from '../kit.js';
import { loopback } from '../loopback.js';
import { probe } from './probe.js';
import { sentence } from './sentence.js';

type Riddles = {
  begin: { request: string; response: string };
  refuse: { request: null; response: never };
  break: { request: null; response: never };
};

/** Riddlers in both kinds of life; `answers` are what `begin` waits for. */
async function riddlers() {
  const begun: string[] = [];
  const answers = new Map<string, Deferred<string>>();
  const clock = new ManualClock();
  const behaviour = {
    receive: (message: string) => {
      begun.push(message);
    },
    answer: {
      begin: (request: string) => {
        begun.push(request);
        const answer = deferred<string>();
        answers.set(request, answer);
        return answer.promise;
      },
      refuse: () => {
        throw new CodedError('NO_SUCH_THING', 'there is no such thing');
      },
      break: () => Promise.reject(new Error('broken')),
    },
  };
  const { kind, implementation } = probe<Riddles>(() => behaviour);
  const link = await loopback([implementation]);
  return {
    begun,
    answers,
    local: spawn<string, Riddles>(() => behaviour, { clock }),
    hosted: link.host.spawn(kind, null, new Inbox<string>()),
    clocks: [clock, link.clock],
    close: link.close,
  };
}

sentence('Answers begin in message order, but a pending answer does not hold the mailbox.', async () => {
  const { local, hosted, begun, answers, close } = await riddlers();
  for (const ref of [local, hosted]) {
    begun.length = 0;
    const first = ref.ask('begin', 'first', 1000);
    const second = ref.ask('begin', 'second', 1000);
    ref.tell('told');
    await until(() => begun.length === 3);
    assert.deepEqual(begun, ['first', 'second', 'told']);
    answers.get('second')?.resolve('2');
    assert.equal(await second, '2');
    answers.get('first')?.resolve('1');
    assert.equal(await first, '1');
  }
  local.kill('test');
  await close();
});

sentence(
  'A question that is not answered in time rejects with ACTOR_ASK_TIMEOUT; a late answer goes nowhere.',
  async () => {
    const { local, hosted, answers, clocks, close } = await riddlers();
    for (const ref of [local, hosted]) {
      answers.clear();
      const asked = ref.ask('begin', 'late', 500);
      await until(() => answers.has('late'));
      for (const clock of clocks) clock.advance(500);
      await assert.rejects(asked, { code: 'ACTOR_ASK_TIMEOUT' });
      answers.get('late')?.resolve('too late');
      const next = ref.ask('begin', 'next', 500);
      await until(() => answers.has('next'));
      answers.get('next')?.resolve('in time');
      assert.equal(await next, 'in time');
    }
    local.kill('test');
    await close();
  },
);

sentence(
  'A CodedError is an answer: it reaches the asker with its code, and the actor goes on.',
  async () => {
    const { local, hosted, begun, close } = await riddlers();
    for (const ref of [local, hosted]) {
      await assert.rejects(ref.ask('refuse', null, 1000), {
        code: 'NO_SUCH_THING',
        message: 'there is no such thing',
      });
      ref.tell('still here');
      await until(() => begun.pop() === 'still here');
    }
    local.kill('test');
    await close();
  },
);

sentence('Any other error ends the actor, and the asker gets ACTOR_GONE.', async () => {
  const { local, hosted, close } = await riddlers();
  for (const ref of [local, hosted]) {
    const gone = { code: 'ACTOR_GONE', message: /broken/ };
    await assert.rejects(ref.ask('break', null, 1000), gone);
    await assert.rejects(ref.ask('begin', 'after the end', 1000), gone);
  }
  await close();
});

sentence('A question that the actor does not know rejects with ACTOR_UNKNOWN_ASK.', async () => {
  const { local, hosted, close } = await riddlers();
  const unknown = 'unknown' as 'begin';
  for (const ref of [local, hosted]) {
    await assert.rejects(ref.ask(unknown, '', 1000), { code: 'ACTOR_UNKNOWN_ASK' });
  }
  const silent = spawn<null, Riddles>(() => ({ receive: () => {} }));
  await assert.rejects(silent.ask('begin', '', 1000), { code: 'ACTOR_UNKNOWN_ASK' });
  local.kill('test');
  silent.kill('test');
  await close();
});

sentence(
  'When an actor ends, every question it has not answered rejects with ACTOR_GONE and the reason.',
  async () => {
    const { local, hosted, answers, close } = await riddlers();
    for (const ref of [local, hosted]) {
      answers.clear();
      const begun = ref.ask('begin', 'begun', 1000);
      await until(() => answers.has('begun'));
      const queued = ref.ask('begin', 'queued', 1000);
      ref.kill('enough');
      const gone = { code: 'ACTOR_GONE', reason: { kind: 'killed', why: 'enough' } };
      await assert.rejects(begun, gone);
      await assert.rejects(queued, gone);
    }
    await close();
  },
);

sentence('At most 16,384 questions of one actor are open; more reject with ACTOR_MAILBOX_FULL.', async () => {
  const gate = deferred<string>();
  const behaviour = { receive: () => {}, answer: { begin: () => gate.promise } };
  type Begin = Pick<Riddles, 'begin'>;
  const { kind, implementation } = probe<Begin>(() => behaviour);
  const link = await loopback([implementation]);
  const hosted = link.host.spawn(kind, null, new Inbox<string>());
  const local = spawn<string, Begin>(() => behaviour, { mailbox: ASKS_PER_ACTOR + 1 });
  const asked = [hosted, local].flatMap((ref) =>
    Array.from({ length: ASKS_PER_ACTOR }, () => ref.ask('begin', '', 1e9)),
  );
  for (const ref of [hosted, local]) {
    await assert.rejects(ref.ask('begin', 'one more', 1000), { code: 'ACTOR_MAILBOX_FULL' });
  }
  gate.resolve('answered');
  await Promise.all(asked);
  assert.equal(await hosted.ask('begin', '', 1000), 'answered');
  local.kill('test');
  await link.close();
});
