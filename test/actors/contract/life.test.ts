import assert from 'node:assert/strict';
import type { ExitReason } from '../../../src/actors/errors.js';
import { CodedError } from '../../../src/actors/errors.js';
import { spawn } from '../../../src/actors/local/spawn.js';
import { Inbox } from '../inbox.js';
import { deferred, ManualClock, settle, until } from '../kit.js';
import { loopback } from '../loopback.js';
import { probe } from './probe.js';
import { sentence } from './sentence.js';

function exitOf(ref: { monitor(watcher: (reason: ExitReason) => void): unknown }): Promise<ExitReason> {
  return new Promise((resolve) => {
    ref.monitor(resolve);
  });
}

function codeOf(reason: ExitReason): string | undefined {
  return reason.kind === 'crashed' ? reason.error.code : undefined;
}

sentence('Messages sent before the start is done wait for it.', async () => {
  const started = deferred();
  const seen: string[] = [];
  const start = async () => {
    await started.promise;
    return {
      receive: (message: string) => {
        seen.push(message);
      },
    };
  };
  const { kind, implementation } = probe(start);
  const link = await loopback([implementation]);
  const refs = [spawn<string>(start), link.host.spawn(kind, null, new Inbox<string>())];
  for (const ref of refs) ref.tell('early');
  await until(() => link.host.stats().depthBytes > 0);
  await settle();
  assert.deepEqual(seen, []);
  started.resolve();
  await until(() => seen.length === 2);
  await refs[0]?.stop(1000);
  await link.close();
});

sentence(
  'A start that throws or rejects ends the actor as crashed; the spawner learns it from the exit, not from the call.',
  async () => {
    const faults = [
      () => {
        throw new CodedError('BAD_START', 'throws');
      },
      () => Promise.reject(new CodedError('BAD_START', 'rejects')),
    ];
    for (const start of faults) {
      assert.equal(codeOf(await exitOf(spawn<string>(start))), 'BAD_START');
      const { kind, implementation } = probe(start);
      const link = await loopback([implementation]);
      const owner = new Inbox<string>();
      link.host.spawn(kind, null, owner);
      assert.equal(codeOf(await owner.exit), 'BAD_START');
      await link.close();
    }
  },
);

sentence(
  'An error of a handler ends its actor as crashed, with the code and message of the error; other actors go on.',
  async () => {
    const receive = (message: string): void | Promise<void> => {
      if (message === 'throw') throw new CodedError('THROWN', 'thrown by the handler');
      return Promise.reject(new CodedError('REJECTED', 'rejected by the handler'));
    };
    const { kind, implementation } = probe((context) => ({
      receive: (message) => {
        if (message === 'hello') context.emit('hello');
        else return receive(message);
      },
    }));
    const link = await loopback([implementation]);
    const bystander = new Inbox<string>();
    const other = link.host.spawn(kind, null, bystander);
    for (const [message, code] of [
      ['throw', 'THROWN'],
      ['reject', 'REJECTED'],
    ] as const) {
      const owner = new Inbox<string>();
      const hosted = link.host.spawn(kind, null, owner);
      const local = spawn<string>(() => ({ receive }));
      const ended = exitOf(local);
      for (const ref of [hosted, local]) ref.tell(message);
      for (const reason of [await owner.exit, await ended]) {
        assert.equal(codeOf(reason), code);
        assert.match(reason.kind === 'crashed' ? reason.error.message : '', /by the handler/);
      }
    }
    other.tell('hello');
    assert.deepEqual(await bystander.until(1), ['hello']);
    await link.close();
  },
);

/** An actor whose handler waits at a gate, with all that happens to it in a log. */
function gated(log: string[]) {
  const gate = deferred();
  const clock = new ManualClock();
  const ref = spawn<string>(
    (context) => ({
      receive: async (message) => {
        log.push(`begin ${message}`);
        if (message === 'exit') context.exit({ kind: 'killed', why: 'by itself' });
        await gate.promise;
        log.push(`end ${message}`);
      },
      terminated: (reason) => {
        log.push(`terminated ${reason.kind}`);
      },
    }),
    { clock },
  );
  return { ref, gate, clock };
}

sentence('`stop` lets the running handler finish, discards the queue, then runs `terminated`.', async () => {
  const log: string[] = [];
  const { ref, gate } = gated(log);
  ref.tell('running');
  ref.tell('queued');
  await settle();
  const stopped = ref.stop(1000);
  assert.equal(ref.tell('refused'), false);
  await settle();
  gate.resolve();
  assert.deepEqual(await stopped, { kind: 'normal' });
  assert.deepEqual(log, ['begin running', 'end running', 'terminated normal']);
});

sentence('`exit` within a handler does what `stop` does, with the reason given.', async () => {
  const log: string[] = [];
  const { ref, gate } = gated(log);
  ref.tell('exit');
  ref.tell('queued');
  await settle();
  gate.resolve();
  assert.deepEqual(await exitOf(ref), { kind: 'killed', why: 'by itself' });
  assert.deepEqual(log, ['begin exit', 'end exit', 'terminated killed']);
});

sentence(
  '`kill` does not wait: the outcome of the running handler is ignored and `terminated` does not run.',
  async () => {
    const log: string[] = [];
    const { ref, gate } = gated(log);
    ref.tell('running');
    await settle();
    ref.kill('now');
    assert.deepEqual(await exitOf(ref), { kind: 'killed', why: 'now' });
    gate.reject(new Error('nobody listens'));
    await settle();
    assert.deepEqual(log, ['begin running']);
  },
);

sentence('Kill goes before stop, and stop before messages.', async () => {
  const log: string[] = [];
  const { ref } = gated(log);
  ref.tell('running');
  await settle();
  const stopped = ref.stop(1000);
  ref.kill('overtakes the stop');
  assert.deepEqual(await stopped, { kind: 'killed', why: 'overtakes the stop' });

  const other = gated(log);
  other.ref.tell('overtaken by the stop');
  assert.deepEqual(await other.ref.stop(1000), { kind: 'normal' });
  assert.deepEqual(log, ['begin running', 'terminated normal']);
});

sentence('An actor that does not stop within its timeout is killed.', async () => {
  const log: string[] = [];
  const { ref, clock } = gated(log);
  ref.tell('endless');
  await settle();
  const stopped = ref.stop(300);
  clock.advance(299);
  await settle();
  assert.deepEqual(log, ['begin endless']);
  clock.advance(1);
  assert.deepEqual(await stopped, { kind: 'killed', why: 'did not stop within 300 ms' });

  const { kind, implementation } = probe(() => ({ receive: () => new Promise(() => {}) }));
  const link = await loopback([implementation]);
  const hosted = link.host.spawn(kind, null, new Inbox<string>());
  hosted.tell('endless');
  const hostedStopped = hosted.stop(300);
  await settle();
  link.clock.advance(300);
  assert.equal((await hostedStopped).kind, 'killed');
  await link.close();
});

sentence(
  'An error of `terminated` makes the reason crashed; questions that `terminated` settles are still answered.',
  async () => {
    const answer = deferred<string>();
    const ref = spawn<null, { wait: { request: null; response: string } }>(() => ({
      receive: () => {},
      answer: { wait: () => answer.promise },
      terminated: async () => {
        answer.resolve('just in time');
        await answer.promise;
        throw new CodedError('BAD_END', 'terminated throws');
      },
    }));
    const asked = ref.ask('wait', null, 1000);
    await settle();
    const stopped = ref.stop(1000);
    assert.equal(await asked, 'just in time');
    assert.equal(codeOf(await stopped), 'BAD_END');
  },
);

sentence('The timers of an actor end with it.', async () => {
  const clock = new ManualClock();
  const ref = spawn<string>(
    (context) => {
      context.schedule(10, 'tick');
      context.schedule(10, 'tock');
      return { receive: () => {} };
    },
    { clock },
  );
  assert.equal(clock.pending, 2);
  ref.kill('test');
  assert.equal(clock.pending, 0);
});

sentence(
  'A monitor is called once with the reason, or in the next microtask if the actor has ended before.',
  async () => {
    const ref = spawn<string>(() => ({ receive: () => {} }));
    const reasons: ExitReason[] = [];
    const watch = (reason: ExitReason) => reasons.push(reason);
    ref.monitor(watch);
    ref.monitor(watch);
    ref.monitor(watch)();
    await ref.stop(1000);
    assert.equal(reasons.length, 2);
    ref.kill('again');
    ref.monitor(watch);
    ref.monitor(watch)();
    assert.equal(reasons.length, 2);
    await Promise.resolve();
    assert.deepEqual(reasons, [{ kind: 'normal' }, { kind: 'normal' }, { kind: 'normal' }]);
  },
);
