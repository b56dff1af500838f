import type { HttpResponse } from 'uWebSockets.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CORK_BYTES, endWhole } from '../../src/server/answer.js';

/** A response whose socket takes so many bytes at a time. */
class Slow {
  readonly taken: Buffer[] = [];
  ended: string | undefined;
  #writable: ((offset: number) => boolean) | undefined;
  readonly #room: number;

  constructor(room: number) {
    this.#room = room;
  }

  end(body: string | Buffer): void {
    this.ended = String(body);
  }

  tryEnd(body: Buffer, length: number): [boolean, boolean] {
    const part = body.subarray(0, this.#room);
    this.taken.push(part);
    return [part.length === body.length, this.#length === length];
  }

  onAborted(): void {}

  onWritable(writable: (offset: number) => boolean): void {
    this.#writable = writable;
  }

  /** The socket has drained. @returns the answer is whole */
  drain(): boolean {
    assert.ok(this.#writable !== undefined, 'nobody waits for it');
    return this.#writable(this.#length);
  }

  get #length(): number {
    return this.taken.reduce((sum, part) => sum + part.length, 0);
  }
}

test('B1: a large answer of our own is given to a socket as it takes it, whole and in order', () => {
  const body = Buffer.from(Array.from({ length: 3 * CORK_BYTES + 7 }, (_, i) => i));
  const res = new Slow(CORK_BYTES);
  endWhole(res as unknown as HttpResponse, body, false);
  assert.equal(res.drain(), false);
  assert.equal(res.drain(), false);
  assert.equal(res.drain(), true);
  assert.deepEqual(Buffer.concat(res.taken), body);
});

test('B1: a small one is left to the socket, and one after which the connection closes', () => {
  for (const [body, close] of [
    ['small', false],
    ['x'.repeat(2 * CORK_BYTES), true],
  ] as const) {
    const res = new Slow(1);
    endWhole(res as unknown as HttpResponse, Buffer.from(body), close);
    assert.equal(res.ended, body);
  }
});
