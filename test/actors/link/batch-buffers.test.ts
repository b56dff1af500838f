import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BATCH_MIN_BYTES, COPY_BYTES, SPARE_BATCHES, SPARE_BYTES } from '../../../src/actors/limits.js';
import { BatchBuffers } from '../../../src/actors/link/batch-buffers.js';

const bufferOf = (buffers: BatchBuffers) => buffers.next().bytes.buffer;

/** Buffers that have just packed a batch of so many bytes. */
function used(bytes: number): BatchBuffers {
  const buffers = new BatchBuffers();
  const batch = buffers.next();
  batch.raw(new Uint8Array(bytes));
  buffers.after(batch, true);
  return buffers;
}

test('a buffer is sized after recent batches, and what came is used again', () => {
  const buffers = used(10_000);
  assert.equal(bufferOf(buffers).byteLength, 16_384);
  const came = Buffer.alloc(16_384);
  buffers.recycle(came.subarray(0, 9_000));
  assert.equal(bufferOf(buffers), came.buffer);
  assert.notEqual(bufferOf(buffers), came.buffer, 'once');
});

test('a buffer that is too small, or so large that a kept view would cost too much, is not used', () => {
  const buffers = used(10_000);
  for (const size of [COPY_BYTES, 8_192, 16_384 * 8 + 1]) buffers.recycle(Buffer.alloc(size));
  assert.equal(bufferOf(buffers).byteLength, 16_384);
});

test('a very large buffer is let go', () => {
  const buffers = used(SPARE_BYTES);
  buffers.recycle(Buffer.alloc(2 * SPARE_BYTES));
  const came = Buffer.alloc(2 * SPARE_BYTES);
  buffers.recycle(came);
  assert.notEqual(bufferOf(buffers), came.buffer);
});

test('no more buffers are kept than a few, and the oldest is let go first', () => {
  const buffers = used(10_000);
  const came = Array.from({ length: SPARE_BATCHES + 1 }, () => Buffer.alloc(16_384));
  for (const each of came) buffers.recycle(each);
  const next = Array.from(came, () => bufferOf(buffers));
  const kept = came.filter((each) => next.includes(each.buffer));
  assert.deepEqual(kept, came.slice(1));
});

test('what there is no room for is surplus, which the other end takes rather than what it has', () => {
  const [from, to] = [used(10_000), used(10_000)];
  assert.deepEqual(from.takeSurplus(), []);
  const came = Array.from({ length: 3 * SPARE_BATCHES }, () => Buffer.alloc(16_384));
  for (const each of came) from.recycle(each);
  const surplus = from.takeSurplus();
  assert.deepEqual(
    surplus,
    came.slice(0, SPARE_BATCHES).map(({ buffer }) => buffer),
    'a bounded part of it',
  );
  assert.deepEqual(from.takeSurplus(), [], 'once');
  const old = Buffer.alloc(16_384);
  to.recycle(old);
  to.add(surplus);
  const next = Array.from({ length: SPARE_BATCHES + 1 }, () => bufferOf(to));
  assert.deepEqual(next.slice(0, -1).reverse(), surplus, 'rather than an older one');
  assert.ok(!next.includes(old.buffer));
  assert.deepEqual(to.takeSurplus(), [], 'and gives none of it back');
});

test('a batch that was copied is packed again into the same buffer', () => {
  const buffers = new BatchBuffers();
  const batch = buffers.next();
  assert.equal(batch.bytes.length, BATCH_MIN_BYTES);
  batch.u32(1);
  assert.equal(buffers.after(batch, false), batch);
  assert.equal(batch.length, 0);
});
