import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { type Drained, type RunningProcess, runProcess } from '../../../src/cli/process/run.js';
import { createLogger } from '../../../src/observability/log.js';

/** Promise.withResolvers, which Node 20 has not. */
function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((fulfil, fail) => {
    resolve = fulfil;
    reject = fail;
  });
  return { promise, resolve, reject };
}

/** A process whose end is in the test's hand, with what the run loop logged. */
class Subject {
  readonly signals = new EventEmitter();
  readonly lines: Record<string, unknown>[] = [];
  readonly failure = withResolvers<Error>();
  readonly started = withResolvers<RunningProcess>();
  readonly drained = withResolvers<Drained>();
  /** Resolves when the run loop asks for a drain. */
  readonly draining = withResolvers<void>();
  /** Resolves when the ready line is out. */
  readonly ready = withResolvers<void>();
  readonly ended: Promise<void>;
  /** The clock of the run loop. */
  now = 1_000;

  constructor({ drainMs = 10_000, level = 'info' } = {}) {
    const log = createLogger(level, {
      write: (line: string) => {
        this.lines.push(JSON.parse(line));
        if (line.includes('"ready"')) this.ready.resolve();
      },
    });
    this.ended = runProcess(() => this.started.promise, {
      log,
      signals: this.signals,
      drainMs,
      now: () => this.now,
    });
    this.ended.catch(() => {});
  }

  start(): Promise<void> {
    this.started.resolve({
      ready: { api: 'http://127.0.0.1:1' },
      drain: () => {
        this.draining.resolve();
        return this.drained.promise;
      },
      failed: this.failure.promise,
    });
    return this.ready.promise;
  }

  get said(): unknown[] {
    return this.lines.map(({ msg }) => msg);
  }
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`ready line, then ${signal} drains, and the loop ends well`, async () => {
    const subject = new Subject();
    await subject.start();
    assert.equal(subject.lines[0]?.api, 'http://127.0.0.1:1');
    subject.signals.emit(signal);
    await subject.draining.promise;
    subject.drained.resolve({ cut: 3 });
    await subject.ended;
    assert.deepEqual(subject.said, ['ready', 'draining', 'stopped']);
    assert.equal(subject.lines.at(-1)?.cut, 3, 'O5: what was cut is told');
    assert.deepEqual(subject.signals.eventNames(), [], 'no listener is left');
  });
}

test('the ready line is printed however little else is logged', async () => {
  const subject = new Subject({ level: 'silent' });
  await subject.start();
  subject.signals.emit('SIGTERM');
  subject.drained.resolve({});
  await subject.ended;
  assert.deepEqual(subject.said, ['ready']);
});

test('a second signal ends a drain that has not finished', async () => {
  const subject = new Subject();
  await subject.start();
  subject.signals.emit('SIGTERM');
  await subject.draining.promise;
  subject.now += 500;
  subject.signals.emit('SIGTERM');
  await assert.rejects(subject.ended, { code: 'ERR_DRAIN', message: /second signal/ });
  assert.deepEqual(subject.signals.eventNames(), []);
});

test('signals within half a second of the first are one: a process group gets them twice', async () => {
  const subject = new Subject();
  await subject.start();
  subject.signals.emit('SIGTERM');
  await subject.draining.promise;
  subject.signals.emit('SIGTERM');
  subject.now += 499;
  subject.signals.emit('SIGINT');
  subject.drained.resolve({});
  await subject.ended;
  assert.deepEqual(subject.said, ['ready', 'draining', 'stopped']);
});

test('two signals end a start that hangs; one waits for it and then drains', async () => {
  const hanging = new Subject();
  hanging.signals.emit('SIGINT');
  hanging.now += 500;
  hanging.signals.emit('SIGINT');
  await assert.rejects(hanging.ended, { code: 'ERR_DRAIN' });

  const slow = new Subject();
  slow.signals.emit('SIGINT');
  await slow.start();
  await slow.draining.promise;
  slow.drained.resolve({});
  await slow.ended;
});

test('a drain that takes too long is cut short', async () => {
  const subject = new Subject({ drainMs: 20 });
  await subject.start();
  subject.signals.emit('SIGTERM');
  await assert.rejects(subject.ended, { code: 'ERR_DRAIN', message: /within 0\.02 s/ });
});

test('a start that fails, and a failure while running or draining, are the end of the loop', async () => {
  const unstarted = new Subject();
  unstarted.started.reject(new Error('port taken'));
  await assert.rejects(unstarted.ended, { message: 'port taken' });

  const failing = new Subject();
  await failing.start();
  failing.failure.resolve(new Error('gave up'));
  await assert.rejects(failing.ended, { message: 'gave up' });

  const draining = new Subject();
  await draining.start();
  draining.signals.emit('SIGTERM');
  await draining.draining.promise;
  draining.failure.resolve(new Error('gave up'));
  await assert.rejects(draining.ended, { message: 'gave up' });

  const stuck = new Subject();
  await stuck.start();
  stuck.signals.emit('SIGTERM');
  await stuck.draining.promise;
  stuck.drained.reject(new Error('the store is gone'));
  await assert.rejects(stuck.ended, { message: 'the store is gone' });
});
