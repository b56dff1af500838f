/**
 * Our multiplexer against @chainsafe/libp2p-yamux 8.0.1 in memory, in both roles. Not tried, because the peer does
 * not conform: GoAway(0) with streams open (it ends them all, rule 34), a pong it did not ask for (it ends the session,
 * rule 37), a duplicate SYN (it ignores it, rule 8), a reader that does not read (it returns credit on receipt).
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import type { MuxStream, Role, StreamHandler } from '../../../src/tunnel/yamux/contract.js';
import {
  type ByteList,
  chainsafe,
  MemoryConnection,
  type PeerMuxer,
  type PeerStream,
} from './chainsafe-peer.js';
import { End, type StreamLog } from './harness.js';

const MIB = 1 << 20;
const ROLES: readonly Role[] = ['server', 'client'];

interface Pair {
  ours: End;
  peer: PeerMuxer;
  connection: MemoryConnection;
}

/** Our end in `role`, connected to the peer in the other one. */
function connect(role: Role): Pair {
  const ours = new End(role);
  const connection = new MemoryConnection(role === 'server' ? 'outbound' : 'inbound', (bytes) => {
    const flat = bytes instanceof Uint8Array ? bytes : bytes.subarray();
    queueMicrotask(() => ours.give(flat));
  });
  const peer = chainsafe(connection);
  let isDue = false;
  const output = (): void => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      const bytes = ours.take(64 << 10);
      if (bytes.length > 0) connection.deliver(bytes);
    });
  };
  ours.output = output;
  return { ours, peer, connection };
}

/** Counts and hashes what a side receives, and resolves at its end. */
class Sink {
  readonly #hash = createHash('sha256');
  bytes = 0;
  finish = (_digest: string): void => {};
  readonly done: Promise<string>;

  constructor() {
    this.done = new Promise((resolve) => {
      this.finish = resolve;
    });
  }
  add(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    this.#hash.update(chunk);
  }
  end(): void {
    this.finish(this.#hash.digest('hex'));
  }
}

/** A handler that sinks what comes and writes `bytes`, in 64 KiB pieces, as fast as it may. */
function bulkHandler(sink: Sink, bytes: Buffer): StreamHandler & { start(stream: MuxStream): void } {
  let at = 0;
  const fill = (stream: MuxStream): void => {
    while (at < bytes.length) {
      const chunk = bytes.subarray(at, at + (64 << 10));
      at += chunk.length;
      if (!stream.write(chunk)) return;
    }
    stream.end();
  };
  return {
    start: fill,
    data(stream, chunk) {
      sink.add(chunk);
      stream.consumed(chunk.length);
    },
    end: () => sink.end(),
    reset: (_stream, error) => sink.finish(error.message),
    drain: fill,
  };
}

/** The same for a stream of the peer. */
function peerBulk(stream: PeerStream, sink: Sink, bytes: Buffer): void {
  stream.addEventListener('message', (event) => sink.add(dataOf(event)));
  stream.addEventListener('remoteCloseWrite', () => sink.end());
  let at = 0;
  const fill = (): void => {
    while (at < bytes.length) {
      const chunk = bytes.subarray(at, at + (64 << 10));
      at += chunk.length;
      if (!stream.send(chunk)) return;
    }
    if (at === bytes.length) {
      at++;
      void stream.close();
    }
  };
  stream.addEventListener('drain', fill);
  fill();
}

function dataOf(event: Event): Uint8Array {
  const { data } = event as unknown as { data: Uint8Array | ByteList };
  return data instanceof Uint8Array ? data : data.subarray();
}

function streamOf(event: Event): PeerStream {
  return (event as CustomEvent<PeerStream>).detail;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

/** Bytes whose period, a prime, fits no frame and no window. */
function noise(size: number, seed: number): Buffer {
  const period = Buffer.from(Array.from({ length: 65_521 }, (_, i) => (i * seed + (i >> 8)) & 0xff));
  return Buffer.alloc(size, period);
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

for (const role of ROLES) {
  const as = `as ${role}`;

  test(`${as}: 16 MiB both ways over a stream that we open`, async () => {
    const { ours, peer } = connect(role);
    const [up, down] = [noise(16 * MIB, 3), noise(16 * MIB, 5)];
    const [atPeer, atUs] = [new Sink(), new Sink()];
    peer.addEventListener('stream', (event) => peerBulk(streamOf(event), atPeer, down));
    const handler = bulkHandler(atUs, up);
    const stream = ours.session.open(handler);
    assert.ok(stream);
    handler.start(stream);
    assert.deepEqual(await Promise.all([atPeer.done, atUs.done]), [sha256(up), sha256(down)]);
    await until(() => ours.session.streams === 0 && peer.streams.length === 0);
  });

  test(`${as}: 16 MiB both ways over a stream that the peer opens`, async () => {
    const { ours, peer } = connect(role);
    const [up, down] = [noise(16 * MIB, 7), noise(16 * MIB, 9)];
    const [atPeer, atUs] = [new Sink(), new Sink()];
    ours.accept = (stream) => {
      const handler = bulkHandler(atUs, up);
      handler.start(stream);
      return handler;
    };
    peerBulk(await peer.createStream(), atPeer, down);
    assert.deepEqual(await Promise.all([atPeer.done, atUs.done]), [sha256(up), sha256(down)]);
    await until(() => ours.session.streams === 0 && peer.streams.length === 0);
  });

  test(`${as}: 200 streams at once each way, one small request and answer each`, async () => {
    const { ours, peer } = connect(role);
    peer.addEventListener('stream', (event) => {
      const stream = streamOf(event);
      stream.addEventListener('message', (message) => stream.send(dataOf(message).slice()));
      stream.addEventListener('remoteCloseWrite', () => void stream.close());
    });
    ours.accept = () => ({
      data(stream, chunk) {
        stream.write(chunk.slice());
        stream.consumed(chunk.length);
      },
      end: (stream) => stream.end(),
      reset: () => {},
      drain: () => {},
    });
    const logs: StreamLog[] = [];
    const answers: string[] = [];
    for (let i = 0; i < 200; i++) {
      const log = ours.open();
      log.stream.write(Buffer.from(`request ${i}`));
      log.stream.end();
      logs.push(log);
      const stream = await peer.createStream();
      stream.addEventListener('message', (event) => {
        answers[i] = (answers[i] ?? '') + Buffer.from(dataOf(event)).toString();
      });
      stream.send(Buffer.from(`request ${i}`));
      void stream.close();
    }
    await until(() => ours.session.streams === 0 && peer.streams.length === 0);
    const expected = Array.from({ length: 200 }, (_, i) => `request ${i}`);
    assert.deepEqual([logs.map((log) => log.text), answers], [expected, expected]);
    assert.equal(ours.session.stats.resets, 0);
  });

  test(`${as}: a half-closed stream carries the other direction on`, async () => {
    const { ours, peer } = connect(role);
    const ended = new Promise<PeerStream>((resolve) => {
      peer.addEventListener('stream', (event) => {
        const stream = streamOf(event);
        stream.addEventListener('message', () => {});
        stream.addEventListener('remoteCloseWrite', () => resolve(stream));
      });
    });
    const log = ours.open();
    log.stream.write(Buffer.from('request'));
    log.stream.end();
    const stream = await ended;
    stream.send(Buffer.from('late answer'));
    await until(() => log.text === 'late answer');
    assert.equal(log.stream.state, 'half-closed-local');
    await stream.close();
    await until(() => ours.session.streams === 0);
    assert.deepEqual(log.events, ['acknowledged', 'data', 'end']);
  });

  test(`${as}: a reset of ours reaches the peer, one of the peer reaches us`, async () => {
    const { ours, peer } = connect(role);
    const opened = once(peer, 'stream');
    const log = ours.open();
    log.stream.write(Buffer.from('x'));
    const stream = streamOf((await opened)[0] as Event);
    const closed = once(stream, 'close');
    log.stream.reset();
    await closed;
    assert.equal(stream.status, 'reset');
    const [second, next] = [ours.open(), once(peer, 'stream')];
    second.stream.write(Buffer.from('y'));
    streamOf((await next)[0] as Event).abort(new Error('test'));
    await until(() => second.error !== undefined);
    assert.equal(second.error?.code, 'ERR_YAMUX_STREAM_RESET');
    assert.equal(ours.session.streams + peer.streams.length, 0);
  });

  test(`${as}: pings are answered both ways`, async () => {
    const { ours, peer } = connect(role);
    assert.ok((await peer.ping()) >= 0);
    ours.tick(15_000);
    ours.now = 15_007;
    await until(() => ours.roundTrips.length === 1);
    assert.deepEqual(ours.roundTrips, [7]);
  });

  test(`${as}: our close ends every stream of the peer, its close is GoAway(0) to us`, async () => {
    const { ours, peer, connection } = connect(role);
    const opened = once(peer, 'stream');
    ours.open().stream.write(Buffer.from('x'));
    const stream = streamOf((await opened)[0] as Event);
    const closed = once(stream, 'close');
    ours.session.close();
    await closed;
    assert.equal(connection.aborted, undefined);
    const other = connect(role);
    await other.peer.close();
    await until(() => other.ours.events.includes('goneAway'));
    assert.equal(other.ours.session.canOpen, false);
    assert.equal(other.ours.session.isClosed, false);
  });
}
