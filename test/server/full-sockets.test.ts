import type { HttpResponse } from 'uWebSockets.js';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { NO_CALL, type ResponseHead } from '../../src/contract/call.js';
import { HeaderNames } from '../../src/http1/header-names.js';
import { MAX_IDLE_TRIES, RETRY_MS } from '../../src/server/full-sockets.js';
import { type ResponsePolicy, ResponseWriter } from '../../src/server/response-writer.js';

/** A response whose socket takes as many bytes as the test gives it room for, and never tells that it has drained. */
class FullResponse {
  room = 0;
  writes = 0;
  ended = false;
  taken = 0;
  text = '';
  #offset = 0;

  onAborted(): this {
    return this;
  }
  onWritable(): this {
    return this;
  }
  writeHeader(): this {
    return this;
  }
  cork(body: () => void): this {
    body();
    return this;
  }
  tryEnd(chunk: Uint8Array, total: number): [boolean, boolean] {
    this.writes += 1;
    const bytes = Math.min(chunk.length, this.room);
    this.room -= bytes;
    this.#offset += bytes;
    this.taken += bytes;
    this.text += Buffer.from(chunk.subarray(0, bytes)).toString('latin1');
    this.ended = this.#offset === total;
    return [bytes === chunk.length, this.ended];
  }
  getWriteOffset(): number {
    return this.#offset;
  }
  /** Takes all of it, as uWebSockets.js does, and says whether it fitted. */
  write(chunk: Uint8Array): boolean {
    this.writes += 1;
    this.taken += chunk.length;
    this.text += Buffer.from(chunk).toString('latin1');
    this.room -= chunk.length;
    return this.room >= 0;
  }
  end(): this {
    this.ended = true;
    return this;
  }
}

const POLICY: ResponsePolicy = {
  dropped: new HeaderNames([]),
  ownHeaders: () => ['X-Own', 'field'],
  endBodyless() {},
  problem() {},
  began() {},
  finished() {},
};

function answering(contentLength: number | undefined) {
  const response = new FullResponse();
  const writer = new ResponseWriter(response as unknown as HttpResponse, POLICY, false);
  const consumed: number[] = [];
  writer.attach({ ...NO_CALL, consumed: (bytes) => consumed.push(bytes) });
  const head: ResponseHead = { status: 200, reason: 'OK', headers: [], contentLength, bodyless: false };
  return { response, writer, head, consumed };
}

beforeEach(() => mock.timers.enable({ apis: ['setInterval'] }));
afterEach(() => mock.timers.reset());

test('a sized answer to a reader that is slow goes on, though its socket never tells that it has drained', () => {
  const { response, writer, head, consumed } = answering(1000);
  writer.head(head, Buffer.alloc(1000), false);
  for (let tries = 1; tries <= 9; tries += 1) {
    response.room = 100;
    mock.timers.tick(RETRY_MS);
    assert.equal(response.taken, tries * 100);
  }
  assert.equal(response.ended, false);
  response.room = 100;
  mock.timers.tick(RETRY_MS);
  assert.ok(response.ended);
  assert.equal(
    consumed.reduce((sum, bytes) => sum + bytes, 0),
    1000,
  );
});

test('a chunked answer is given to a full socket piece by piece, and ends when all fitted', () => {
  const { response, writer, head } = answering(undefined);
  writer.head(head, Buffer.alloc(100), false);
  for (let piece = 0; piece < 3; piece += 1) writer.data(Buffer.alloc(100));
  writer.end();
  assert.deepEqual([response.taken, response.ended], [100, false]);
  response.room = 150;
  mock.timers.tick(RETRY_MS);
  assert.deepEqual([response.taken, response.ended], [300, false]);
  response.room = 100;
  mock.timers.tick(RETRY_MS);
  assert.deepEqual([response.taken, response.ended], [400, true]);
});

for (const length of [8, undefined]) {
  test(`what a full socket has not taken stays as it was, though its bytes were lent (length ${length})`, () => {
    const { response, writer, head } = answering(length);
    const lend = (text: string, use: (bytes: Buffer) => void) => {
      const bytes = Buffer.from(text);
      use(bytes);
      bytes.fill('!');
    };
    response.room = 3;
    lend('abcd', (bytes) => writer.head(head, bytes, false));
    lend('ef', (bytes) => writer.data(bytes));
    lend('gh', (bytes) => writer.data(bytes));
    writer.end();
    for (let tries = 0; tries < 8; tries += 1) {
      response.room = 1;
      mock.timers.tick(RETRY_MS);
    }
    assert.equal(response.text, 'abcdefgh');
  });
}

test('a reader that takes nothing is tried only so often, and anew after it took some', () => {
  const { response, writer, head } = answering(1000);
  writer.head(head, Buffer.alloc(1000), false);
  mock.timers.tick(RETRY_MS * (MAX_IDLE_TRIES - 1));
  response.room = 1;
  mock.timers.tick(RETRY_MS);
  assert.equal(response.taken, 1);
  response.writes = 0;
  mock.timers.tick(RETRY_MS * MAX_IDLE_TRIES * 3);
  assert.equal(response.writes, MAX_IDLE_TRIES);
  response.room = 1000;
  mock.timers.tick(RETRY_MS * 3);
  assert.equal(response.taken, 1);
});
