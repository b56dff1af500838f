import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { discardRest } from '../../../src/agent/service/stream-service.js';

test('what fits is dropped, and the stream ends as it would', async () => {
  const stream = new PassThrough();
  discardRest(stream, { bytes: 10, ms: 60_000 });
  stream.end(Buffer.alloc(10));
  await once(stream, 'end');
});

test('one byte too many destroys it', async () => {
  const stream = new PassThrough();
  discardRest(stream, { bytes: 10, ms: 60_000 });
  stream.write(Buffer.alloc(11));
  await once(stream, 'close');
  assert.equal(stream.readableEnded, false);
});

test('a stream that does not end in time is destroyed', async () => {
  const stream = new PassThrough();
  discardRest(stream, { bytes: 10, ms: 5 });
  stream.write(Buffer.alloc(1));
  await once(stream, 'close');
});

test('a stream that a broken pipe left paused is read', async () => {
  const stream = new PassThrough();
  stream.pause();
  discardRest(stream, { bytes: 10, ms: 60_000 });
  stream.end(Buffer.alloc(1));
  await once(stream, 'end');
});
