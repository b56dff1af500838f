// What a process does with its parts when it starts, stops, and fails at either.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lifecycle, starting } from '../../../src/cli/process/lifecycle.js';
import { logCapture } from '../../agent/log-capture.js';

function stand() {
  const { log, lines } = logCapture();
  const done: string[] = [];
  const part = (name: string) => ({
    start: () => void done.push(`+${name}`),
    stop: async () => {
      await new Promise(setImmediate);
      done.push(`-${name}`);
    },
  });
  return { lifecycle: new Lifecycle(log), log, lines, done, part };
}

test('parts are stopped in reverse, one after the other', async () => {
  const { lifecycle, lines, done, part } = stand();
  for (const name of ['store', 'sessions', 'listener']) await lifecycle.start(name, part(name));
  lifecycle.onStop('audit', part('audit').stop);
  await lifecycle.stop();
  assert.deepEqual(done, ['+store', '+sessions', '+listener', '-audit', '-listener', '-sessions', '-store']);
  assert.deepEqual(lines, []);
});

test('a stop is given what the start gave', async () => {
  const { lifecycle } = stand();
  let stopped: unknown;
  const started = await lifecycle.start('server', {
    start: async () => 'its handle',
    stop: (handle) => {
      stopped = handle;
    },
  });
  await lifecycle.stop();
  assert.deepEqual([started, stopped], ['its handle', 'its handle']);
});

test('a second stop is the first one', async () => {
  const { lifecycle, done, part } = stand();
  await lifecycle.start('store', part('store'));
  await Promise.all([lifecycle.stop(), lifecycle.stop()]);
  await lifecycle.stop();
  assert.deepEqual(done, ['+store', '-store']);
});

test('a part that fails to stop is named in the log; the others are stopped, and its error is thrown then', async () => {
  const { lifecycle, lines, done, part } = stand();
  await lifecycle.start('store', part('store'));
  const broken = (): never => {
    throw new Error('broken');
  };
  await lifecycle.start('sessions', { start: () => {}, stop: broken });
  await lifecycle.start('listener', { start: () => {}, stop: () => Promise.reject(new Error('first')) });
  await assert.rejects(lifecycle.stop(), { message: 'first' });
  assert.deepEqual(done, ['+store', '-store']);
  assert.deepEqual(
    lines.map(({ msg, part: name }) => [msg, name]),
    [
      ['a part could not be stopped', 'listener'],
      ['a part could not be stopped', 'sessions'],
    ],
  );
});

test('a part that hangs is left at its deadline, by name', async () => {
  const { lifecycle, lines, done, part } = stand();
  await lifecycle.start('store', part('store'));
  await lifecycle.start('sessions', { start: () => {}, stop: () => new Promise(() => {}), deadlineMs: 20 });
  await assert.rejects(lifecycle.stop(), {
    code: 'ERR_DRAIN',
    message: 'sessions did not stop within 0.02 s',
  });
  assert.deepEqual(done, ['+store', '-store']);
  assert.equal(lines[0]?.part, 'sessions');
});

test('a start that fails in the middle stops what was started, and its error is the one that is thrown', async () => {
  const { log, lines, done, part } = stand();
  const start = starting(log, async (lifecycle) => {
    await lifecycle.start('store', part('store'));
    await lifecycle.start('sessions', { start: () => {}, stop: () => Promise.reject(new Error('second')) });
    await lifecycle.start('listener', {
      ...part('listener'),
      start: () => Promise.reject(new Error('taken')),
    });
    await lifecycle.start('never', part('never'));
  });
  await assert.rejects(start, { message: 'taken' });
  assert.deepEqual(done, ['+store', '-store']);
  assert.equal(lines[0]?.part, 'sessions');
});

test('an error between two parts stops what was started too', async () => {
  const { log, done, part } = stand();
  const start = starting(log, async (lifecycle) => {
    await lifecycle.start('store', part('store'));
    throw new Error('no secret');
  });
  await assert.rejects(start, { message: 'no secret' });
  assert.deepEqual(done, ['+store', '-store']);
});
