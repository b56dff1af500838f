import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageWriter } from '../../src/agent/message-writer.js';

/** A session with `due` bytes of output, and a socket that keeps what it was sent until `write`. */
class Fake {
  readonly OPEN = 1 as const;
  readyState: 0 | 1 | 2 | 3 = 1;
  readonly sizes: number[] = [];
  bufferedAmount = 0;
  pending = 0;
  flushes = 0;
  readonly writer = new MessageWriter(this, this, () => {
    this.flushes++;
  });
  readonly #callbacks: (() => void)[] = [];

  pull(_target: Uint8Array, _at: number, max: number): number {
    assert.ok(max >= 13);
    const length = Math.min(max, this.pending);
    this.pending -= length;
    return length;
  }

  send(data: unknown, _options?: unknown, done?: unknown): void {
    const { length } = data as Uint8Array;
    this.sizes.push(length);
    this.bufferedAmount += length;
    this.#callbacks.push((done ?? _options) as () => void);
  }

  /** The oldest message leaves the socket. */
  write(): void {
    this.bufferedAmount -= this.sizes[this.sizes.length - this.#callbacks.length] ?? 0;
    this.#callbacks.shift()?.();
  }

  output(bytes: number): void {
    this.pending += bytes;
    this.writer.schedule();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what becomes due in one turn leaves as one message at its end', async () => {
  const fake = new Fake();
  fake.output(10);
  fake.output(20);
  assert.deepEqual(fake.sizes, []);
  await turn();
  assert.deepEqual(fake.sizes, [30]);
  assert.equal(fake.flushes, 1);
});

test('more than a message takes more than a turn', async () => {
  const fake = new Fake();
  fake.output((64 << 10) + 5);
  await turn();
  assert.deepEqual(fake.sizes, [65536]);
  assert.equal(fake.flushes, 0);
  await turn();
  assert.deepEqual(fake.sizes, [65536, 5]);
  assert.equal(fake.flushes, 1);
});

test('a socket that is behind gets nothing more until half of its bound is free', async () => {
  const fake = new Fake();
  fake.output(1 << 20);
  for (let i = 0; i < 10; i++) await turn();
  assert.equal(fake.bufferedAmount, 256 << 10);
  fake.output(1);
  await turn();
  fake.write();
  fake.write();
  await turn();
  assert.equal(fake.sizes.length, 4);
  fake.write();
  await turn();
  assert.equal(fake.sizes.length, 5);
});

test('nothing is sent on a socket that is closing, nor after stop', async () => {
  const closing = new Fake();
  closing.readyState = 2;
  closing.output(10);
  const stopped = new Fake();
  stopped.output(10);
  stopped.writer.stop();
  stopped.output(10);
  await turn();
  assert.deepEqual([closing.sizes, stopped.sizes], [[], []]);
});

test('an upper bound of pending that turns out to be nothing does not spin', async () => {
  const fake = new Fake();
  fake.pull = () => 0;
  fake.output(100);
  await turn();
  await turn();
  assert.equal(fake.flushes, 1);
});
