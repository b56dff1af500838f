import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MuxStream, StreamHandler } from '../../../src/tunnel/yamux/contract.js';
import { sized } from '../../support/sized.js';
import { ACK, DATA, End, FIN, frame, GO_AWAY, PING, RST, SYN, WINDOW } from './harness.js';

/** Bytes to feed. */
const VOLUME = sized(1e7, 275e6);
/** Each run starts somewhere else; a failure names the seed to run again. */
const SEED = Number(process.env.YAMUX_FUZZ_SEED ?? Date.now() % 1e9);

const LIMITS = { maxIncoming: 16, maxOutgoing: 8, maxPongs: 4, maxResets: 64, strayData: 1 << 20 };
const INITIAL = 256 << 10;

/** mulberry32: small, seeded, good enough to mutate with. */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** The header of a data frame alone, so that its length may be a lie. */
function dataHeader(flags: number, id: number, length: number): Uint8Array {
  const header = frame(WINDOW, flags, id, length);
  header[1] = DATA;
  return header;
}

const CORPUS: readonly Uint8Array[] = [
  frame(WINDOW, SYN, 1, 0),
  frame(WINDOW, SYN, 3, 1 << 20),
  frame(DATA, SYN, 5, 'GET / HTTP/1.1\r\n\r\n'),
  frame(DATA, SYN | FIN, 7, 'x'),
  frame(DATA, 0, 1, Buffer.alloc(1000, 'd')),
  frame(DATA, FIN, 3, Buffer.alloc(16 << 10, 'e')),
  frame(WINDOW, ACK, 2, 0),
  frame(DATA, ACK, 4, 'HTTP/1.1 200 OK\r\n\r\n'),
  frame(DATA, ACK | FIN, 6, 'answer'),
  frame(WINDOW, 0, 2, 128 << 10),
  frame(WINDOW, FIN, 2, 0),
  frame(WINDOW, RST, 4, 0),
  frame(WINDOW, SYN | RST, 9, 0),
  frame(PING, SYN, 0, 1),
  frame(PING, ACK, 0, 1),
  frame(GO_AWAY, 0, 0, 0),
  // CVE-2026-32314: a data frame that opens a stream and is larger than the initial window.
  dataHeader(SYN, 11, INITIAL + 1),
  dataHeader(SYN, 13, 0xffff_ffff),
  dataHeader(0, 1, 0xffff_ffff),
  // Credit that overflows 2^32 - 1.
  frame(WINDOW, 0, 2, 0xffff_ffff),
];

/** Some frames of the corpus, some with a field or a byte changed. */
function mutate(random: (below: number) => number): Uint8Array {
  const parts: Uint8Array[] = [];
  const count = 1 + random(12);
  for (let i = 0; i < count; i++) {
    const bytes = Buffer.from(CORPUS[random(CORPUS.length)] ?? []);
    const kind = random(12);
    if (kind === 0) bytes[random(bytes.length)] = random(256);
    else if (kind === 1) bytes.writeUInt32BE(random(20), 4);
    else if (kind === 2) bytes.writeUInt16BE(random(16), 2);
    else if (kind === 3) bytes.writeUInt8(random(4), 1);
    else if (kind === 4) bytes.writeUInt32BE(random(2) === 0 ? random(INITIAL * 2) : random(64), 8);
    parts.push(random(30) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes);
  }
  return Buffer.concat(parts);
}

/** An application that does anything at any time, and checks that no event comes after the last one. */
class Chaos implements StreamHandler {
  readonly #random: (below: number) => number;
  readonly unread = new Map<MuxStream, number>();
  readonly #over = new Set<MuxStream>();

  constructor(random: (below: number) => number) {
    this.#random = random;
  }
  data(stream: MuxStream, chunk: Uint8Array): void {
    assert.ok(!this.#over.has(stream), 'data after the last event');
    this.unread.set(stream, (this.unread.get(stream) ?? 0) + chunk.length);
    this.act(stream);
  }
  end(stream: MuxStream): void {
    assert.ok(!this.#over.has(stream), 'end after the last event');
    this.act(stream);
  }
  reset(stream: MuxStream): void {
    assert.ok(!this.#over.has(stream), 'two last events');
    this.#over.add(stream);
    this.act(stream);
    this.unread.delete(stream);
  }
  drain(stream: MuxStream): void {
    this.act(stream);
  }
  act(stream: MuxStream): void {
    const what = this.#random(16);
    if (what < 6) this.#read(stream);
    else if (what < 9) stream.write(Buffer.alloc(this.#random(1000)));
    else if (what === 9) stream.end();
    else if (what === 10) {
      stream.reset();
      this.#over.add(stream);
    }
  }
  #read(stream: MuxStream): void {
    if (stream.state === 'closed') return;
    stream.consumed(this.unread.get(stream) ?? 0);
    this.unread.set(stream, 0);
  }
}

/** What one session may hold, whatever it was sent. */
function assertBounded(relay: End, chaos: Chaos): void {
  const { session } = relay;
  assert.ok(session.streams <= LIMITS.maxIncoming + LIMITS.maxOutgoing);
  const control = LIMITS.maxPongs + LIMITS.maxResets + 2 * session.streams + 2;
  let queued = 0;
  let unread = 0;
  for (const [stream, bytes] of chaos.unread) {
    if (stream.state === 'closed') continue;
    queued += stream.queued;
    unread += bytes;
  }
  assert.ok(session.pending <= control * 12 + queued + 2000 * 24, `${session.pending} bytes pending`);
  assert.ok(unread <= session.streams * INITIAL, `${unread} bytes unread in ${session.streams} streams`);
}

/** One session from its start to its end. @returns the bytes it took while it was open */
function runSession(random: (below: number) => number): number {
  const relay = new End('server', LIMITS);
  const chaos = new Chaos(random);
  relay.accept = (stream) => {
    if (random(8) === 0) return undefined;
    chaos.unread.set(stream, 0);
    return chaos;
  };
  let fed = 0;
  for (let i = 0; i < 200 && !relay.session.isClosed; i++) {
    if (random(4) === 0) {
      const stream = relay.session.open(chaos);
      if (stream !== undefined) chaos.act(stream);
    }
    const bytes = mutate(random);
    const cut = 1 + random(bytes.length + 1);
    relay.give(bytes.subarray(0, cut), bytes.subarray(cut));
    fed += bytes.length;
    assertBounded(relay, chaos);
    if (random(3) === 0) relay.take(13 + random(1 << 16));
    if (random(20) === 0) relay.tick(relay.now + 500);
  }
  relay.session.close();
  assert.equal(relay.events.filter((event) => event === 'closed').length, 1);
  assert.equal(relay.session.streams, 0);
  assert.ok(relay.take().length <= 12);
  return fed;
}

test(`${VOLUME} bytes of mutated frames throw nothing and stay inside every bound`, () => {
  const random = randomOf(SEED);
  let left = VOLUME;
  let sessions = 0;
  try {
    for (; left > 0; sessions++) left -= runSession(random);
  } catch (error) {
    throw new Error(`YAMUX_FUZZ_SEED=${SEED} of ${VOLUME} bytes, session ${sessions}`, {
      cause: error,
    });
  }
  assert.ok(sessions > 0);
});

test('each frame of the corpus alone, from every role, throws nothing', () => {
  for (const role of ['client', 'server'] as const) {
    for (const bytes of CORPUS) {
      const end = new End(role);
      end.open();
      end.take();
      end.give(bytes);
      assert.ok(end.take().length <= 24);
    }
  }
});
