/** Our multiplexer against hashicorp/yamux in both roles: a window is what was advertised, to the byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MuxStream, StreamHandler } from '../../src/tunnel/yamux/contract.js';
import { sha256 } from './behave.js';
import { randomBytes } from './random-bytes.js';
import { connect } from './yamux-end.js';

const TOTAL = 4 << 20;

/** Counts what a stream has sent, and tells when it is `goal`. */
class Sending implements StreamHandler {
  bytes = 0;
  readonly reached: Promise<void>;
  readonly #goal: number;
  #resolve: () => void = () => {};

  constructor(goal: number) {
    this.#goal = goal;
    this.reached = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
  sent(_stream: MuxStream, bytes: number): void {
    this.bytes += bytes;
    if (this.bytes >= this.#goal) this.#resolve();
  }
  data(): void {}
  end(): void {}
  reset(): void {}
  drain(): void {}
}

/** Reads nothing until `read` is called; then answers with the SHA-256 of `body` bytes after the first line. */
class LateReader implements StreamHandler {
  bytes = 0;
  readonly reached: Promise<void>;
  readonly #goal: number;
  readonly #body: number;
  readonly #chunks: Buffer[] = [];
  #resolve: () => void = () => {};
  #stream: MuxStream | undefined;
  #reads = false;

  constructor(goal: number, body: number) {
    this.#goal = goal;
    this.#body = body;
    this.reached = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }
  data(stream: MuxStream, chunk: Uint8Array): void {
    this.#stream = stream;
    this.#chunks.push(Buffer.from(chunk));
    this.bytes += chunk.length;
    if (this.#reads) stream.consumed(chunk.length);
    if (this.bytes >= this.#goal) this.#resolve();
    this.#answer(stream);
  }
  read(): void {
    this.#reads = true;
    this.#stream?.consumed(this.bytes);
  }
  #answer(stream: MuxStream): void {
    if (this.bytes <= this.#body) return;
    const all = Buffer.concat(this.#chunks);
    const body = all.subarray(all.indexOf('\n') + 1);
    if (body.length < this.#body) return;
    stream.write(Buffer.from(sha256(body)));
    stream.end();
  }
  end(): void {}
  reset(): void {}
  drain(): void {}
}

for (const role of ['server', 'client'] as const) {
  for (const window of [256 << 10, 1 << 20]) {
    const size = `${window >> 10} KiB`;

    test(`as ${role}: a reader that stops stops us at the peer's window of ${size}`, async (t) => {
      const end = await connect(t, { role, go: { window } });
      if (end === undefined) return;
      const sending = new Sending(window);
      const stream = end.session.open(sending);
      assert.ok(stream);
      stream.write(Buffer.from('hold\n'));
      stream.write(randomBytes(TOTAL));
      await sending.reached;
      await end.ping();
      assert.deepEqual([sending.bytes, stream.queued], [window, TOTAL + 5 - window]);
      stream.reset();
    });

    test(`as ${role}: our window of ${size} stops the peer, and reading lets it go on`, async (t) => {
      const end = await connect(t, { role, config: { initialWindow: window, maxWindow: 4 << 20 } });
      if (end === undefined) return;
      const reader = new LateReader(window, TOTAL);
      end.accept = () => reader;
      const outcome = end.go.ask(`sink 1 ${TOTAL}`);
      await reader.reached;
      await end.ping();
      assert.equal(reader.bytes, window);
      reader.read();
      const { count, error } = await outcome;
      assert.deepEqual([count, error], [1, undefined]);
    });
  }
}
