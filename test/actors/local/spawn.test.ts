import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError } from '../../../src/actors/errors.js';
import { spawn } from '../../../src/actors/local/spawn.js';
import { deferred, settle } from '../kit.js';

test('`terminated` is waited for, and its rejection is the reason of the exit', async () => {
  const gate = deferred();
  const ref = spawn<null>(() => ({ receive: () => {}, terminated: () => gate.promise }));
  let ended = false;
  const stopped = ref.stop(1000).then((reason) => {
    ended = true;
    return reason;
  });
  await settle();
  assert.equal(ended, false);
  gate.reject(new CodedError('BAD_END', 'terminated rejects'));
  const reason = await stopped;
  assert.equal(reason.kind === 'crashed' && reason.error.code, 'BAD_END');
});

test('an actor can end itself while it starts', async () => {
  let terminated = 0;
  const ref = spawn<null>((context) => {
    context.exit();
    return {
      receive: () => {},
      terminated: () => {
        terminated += 1;
      },
    };
  });
  assert.deepEqual(await ref.stop(1000), { kind: 'normal' });
  assert.equal(terminated, 1);
});

test('an actor killed while it starts never runs', async () => {
  const gate = deferred();
  const seen: string[] = [];
  const ref = spawn<string>(async () => {
    await gate.promise;
    return { receive: (message) => void seen.push(message), terminated: () => void seen.push('terminated') };
  });
  ref.tell('queued');
  ref.kill('changed my mind');
  gate.resolve();
  await settle();
  assert.deepEqual(seen, []);
});

test('a scheduled message can be cancelled, and nothing is scheduled by an actor that ends', async () => {
  const seen: string[] = [];
  const ref = spawn<string>((context) => {
    context.schedule(0, 'cancelled')();
    context.schedule(0, 'kept');
    return {
      receive: (message) => {
        seen.push(message);
        context.exit();
      },
      terminated: () => {
        context.schedule(0, 'too late')();
      },
    };
  });
  await new Promise((resolve) => {
    ref.monitor(resolve);
  });
  assert.deepEqual(seen, ['kept']);
});
