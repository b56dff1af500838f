import type { HttpResponse } from 'uWebSockets.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { NO_CALL, UPLOAD_CREDIT } from '../../src/contract/call.js';
import { HeaderNames } from '../../src/http1/header-names.js';
import { MAX_BACKLOG } from '../../src/server/body-backlog.js';
import { HeldBody } from '../../src/server/held-body.js';
import { type ResponsePolicy, ResponseWriter } from '../../src/server/response-writer.js';

const READ = 512 * 1024;

const POLICY: ResponsePolicy = {
  dropped: new HeaderNames([]),
  ownHeaders: () => ['X-Own', 'field'],
  endBodyless() {},
  problem() {},
  began() {},
  finished() {},
};

/** A response whose body comes as builds of uWebSockets.js for Node 22 give it: read after read in one turn. */
function uploading() {
  let onData = (_chunk: ArrayBuffer, _last: boolean): void => {};
  const seen: string[] = [];
  const res = {
    onData: (listener: typeof onData) => {
      onData = listener;
    },
    pause: () => seen.push('pause'),
    resume: () => seen.push('resume'),
    close: () => seen.push('close'),
  } as unknown as HttpResponse;
  let n = 0;
  const read = (last = false): void => onData(new Uint8Array(READ).fill(n++).buffer, last);
  return { res, read, seen };
}

/** The call of an upload: what it was given, each chunk as its first byte. */
function call() {
  const given: number[] = [];
  const lasts: boolean[] = [];
  const body = (chunk: Uint8Array, last: boolean): void => {
    given.push(chunk[0] ?? -1);
    lasts.push(last);
  };
  return { given, lasts, call: { ...NO_CALL, body } };
}

test('N1: what comes of an upload in one turn goes on as its call takes it, in order, and ends once', async () => {
  const { res, read, seen } = uploading();
  const { given, lasts, call: taker } = call();
  const writer = new ResponseWriter(res, POLICY, true);
  writer.attach(taker);
  for (let reads = 1; reads <= 20; reads += 1) read();
  assert.deepEqual(given, [0, 1]);
  await turn();
  assert.deepEqual(seen, ['pause']);
  for (let reads = 2; reads < 20; reads += 1) {
    writer.credit(READ);
    writer.credit(READ);
    if (reads === 10) assert.deepEqual(seen, ['pause']);
  }
  assert.deepEqual(
    given,
    Array.from({ length: 20 }, (_, n) => n),
  );
  assert.deepEqual(seen, ['pause', 'resume']);
  read(true);
  assert.deepEqual([given.at(-1), lasts.filter(Boolean).length, lasts.at(-1)], [20, 1, true]);
});

test('N1: an upload that ends in one turn ends at its call with its last bytes', () => {
  const { res, read } = uploading();
  const { given, lasts, call: taker } = call();
  const writer = new ResponseWriter(res, POLICY, true);
  writer.attach(taker);
  for (let reads = 1; reads <= 5; reads += 1) read(reads === 5);
  while (given.length < 5) writer.credit(UPLOAD_CREDIT);
  assert.deepEqual(lasts, [false, false, false, false, true]);
});

test('N1: an upload that comes faster than it can be put away is cut, and nothing else', () => {
  const { res, read, seen } = uploading();
  const { given, call: taker } = call();
  new ResponseWriter(res, POLICY, true).attach(taker);
  for (let bytes = 0; !seen.includes('close'); bytes += READ) {
    read();
    assert.ok(bytes <= MAX_BACKLOG + 2 * READ);
  }
  assert.deepEqual(given, [0, 1]);
});

test('N1: a body that is held while it is not known whose it is has the same bound', () => {
  const { res, read, seen } = uploading();
  new HeldBody(res);
  for (let bytes = 0; bytes <= MAX_BACKLOG; bytes += READ) read();
  assert.deepEqual(seen, ['close']);
});
