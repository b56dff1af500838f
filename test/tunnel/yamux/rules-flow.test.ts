import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  ACK,
  DATA,
  End,
  frame,
  GO_AWAY,
  PING,
  pair,
  parse,
  RST,
  StreamLog,
  SYN,
  settle,
  WINDOW,
} from './harness.js';

const WINDOW_SIZE = 256 << 10;

/** A relay with one stream of the device, and what it received; `reads` as in StreamLog. */
function uploading(reads: boolean, config = {}): { relay: End; log: StreamLog } {
  const relay = new End('server', config);
  const log = new StreamLog(reads);
  relay.accept = (stream) => {
    log.stream = stream;
    return log;
  };
  relay.give(frame(WINDOW, SYN, 1, 0));
  relay.take();
  return { relay, log };
}

test('rule 17: only payload counts, the sender stops at 0 and goes on at the update', () => {
  const relay = new End('server');
  const log = relay.open();
  log.stream.write(Buffer.alloc(WINDOW_SIZE + 5));
  const first = relay.frames().reduce((sum, each) => sum + each.length, 0);
  assert.equal(first, WINDOW_SIZE);
  assert.equal(relay.session.pending, 0);
  assert.equal(relay.session.stats.windowStalls, 1);
  relay.give(frame(PING, SYN, 0, 1), frame(WINDOW, 0, 2, 3));
  assert.deepEqual(
    relay.frames().map((each) => [each.type, each.length]),
    [
      [PING, 1],
      [DATA, 3],
    ],
  );
  relay.give(frame(WINDOW, 0, 2, 100));
  assert.equal(relay.frames()[0]?.length, 2);
});

test('rule 18: a frame above the window is refused at its header, before any payload', () => {
  const { relay, log } = uploading(true);
  relay.give(frame(DATA, 0, 1, Buffer.alloc(WINDOW_SIZE + 1)).subarray(0, 12));
  assert.equal(relay.error?.code, 'ERR_YAMUX_PROTOCOL');
  assert.equal(log.error?.code, 'ERR_YAMUX_PROTOCOL');
  assert.equal(log.bytes, 0);
  assert.deepEqual(relay.frames(), [{ type: GO_AWAY, flags: 0, id: 0, length: 1, payload: '' }]);
});

test('rule 18: one byte above what is left of the window is refused too', () => {
  const { relay } = uploading(false);
  relay.give(frame(DATA, 0, 1, Buffer.alloc(WINDOW_SIZE)));
  assert.equal(relay.session.isClosed, false);
  relay.give(frame(DATA, 0, 1, 'x'));
  assert.equal(relay.error?.code, 'ERR_YAMUX_PROTOCOL');
});

test('rule 19: credit goes back when the application has read half a window, not on receipt', () => {
  const { relay, log } = uploading(false);
  relay.give(frame(DATA, 0, 1, Buffer.alloc(WINDOW_SIZE)));
  assert.equal(relay.session.pending, 0);
  log.stream?.consumed(WINDOW_SIZE / 2 - 1);
  assert.equal(relay.session.pending, 0);
  log.stream?.consumed(1);
  assert.deepEqual(relay.frames(), [{ type: WINDOW, flags: 0, id: 1, length: WINDOW_SIZE / 2, payload: '' }]);
});

test('rule 19: an application that reads nothing is given nothing, however much comes', () => {
  const { relay, device } = pair();
  const silent = new StreamLog(false);
  device.accept = () => silent;
  const log = relay.open();
  log.stream.write(Buffer.alloc(4 << 20));
  settle(relay, device);
  assert.equal(silent.bytes, WINDOW_SIZE);
  assert.equal(log.stream.queued, (4 << 20) - WINDOW_SIZE);
});

test('rule 19: reading more than was given is an error of the caller', () => {
  const { relay, log } = uploading(false);
  relay.give(frame(DATA, 0, 1, 'abc'));
  assert.throws(() => log.stream?.consumed(4), RangeError);
  assert.throws(() => log.stream?.consumed(-1), RangeError);
  assert.throws(() => log.stream?.consumed(Number.NaN), RangeError);
  assert.equal(relay.session.isClosed, false);
});

test('rule 20: an update counts what is unread and on its way, at the moment it is sent', () => {
  const { relay, log } = uploading(false);
  const body = frame(DATA, 0, 1, Buffer.alloc(WINDOW_SIZE));
  relay.give(body.subarray(0, 12 + 200_000));
  log.stream?.consumed(131_072);
  log.stream?.consumed(10_000);
  assert.equal(relay.frames()[0]?.length, 141_072);
  relay.give(body.subarray(12 + 200_000));
  log.stream?.consumed(WINDOW_SIZE - 141_072);
  relay.give(frame(DATA, 0, 1, Buffer.alloc(141_072)));
  assert.equal(relay.session.isClosed, false);
  relay.give(frame(DATA, 0, 1, Buffer.alloc(WINDOW_SIZE - 141_072 + 1)));
  assert.equal(relay.session.isClosed, true);
});

test('rule 21: credit above 2^32 - 1 is a protocol error, the most that is allowed is not', () => {
  const most = 0xffff_ffff - WINDOW_SIZE;
  const relay = new End('server');
  relay.open();
  relay.take();
  relay.give(frame(WINDOW, 0, 2, most));
  assert.equal(relay.session.isClosed, false);
  relay.give(frame(WINDOW, 0, 2, 1));
  assert.equal(relay.error?.code, 'ERR_YAMUX_PROTOCOL');
  const wrapped = new End('server');
  wrapped.give(frame(WINDOW, SYN, 1, 0xffff_ffff));
  assert.equal(wrapped.error?.code, 'ERR_YAMUX_PROTOCOL');
});

test('rule 22: CVE-2026-32314: Data|SYN above the initial window is refused and nothing is thrown', () => {
  for (const size of [WINDOW_SIZE + 1, 0xffff_ffff]) {
    const relay = new End('server');
    const header = frame(WINDOW, SYN, 1, size);
    header[1] = DATA;
    relay.give(header);
    assert.equal(relay.error?.code, 'ERR_YAMUX_PROTOCOL');
    assert.equal(relay.session.streams, 0);
  }
});

/**
 * Half an initial window up after half a window up, each `ms` after the last; the reader keeps up.
 * @returns the most that the relay ever allowed to be on its way, which is the size of the window
 */
function upload(relay: End, halves: number, ms: number): number {
  let credit = WINDOW_SIZE;
  let most = credit;
  for (let i = 0; i < halves; i++) {
    relay.now += ms;
    credit -= WINDOW_SIZE / 2;
    relay.give(frame(DATA, 0, 1, Buffer.alloc(WINDOW_SIZE / 2)));
    for (const each of parse(relay.take())) {
      if (each.type === WINDOW) credit += each.length;
      if (each.type === PING) relay.give(frame(PING, ACK, 0, each.length));
    }
    most = Math.max(most, credit);
  }
  return most;
}

test('rule 23: a window doubles until it holds what comes in two round trips, up to its cap', () => {
  // Almost an initial window in a round trip of 1 ms, the shortest that counts.
  assert.equal(upload(uploading(true).relay, 400, 0.55), 2 * WINDOW_SIZE);
  assert.equal(upload(uploading(true, { maxWindow: 1 << 20 }).relay, 400, 0.1), 1 << 20);
});

test('rule 23: what comes bunched, for a thread waited for its turn, is no reason to grow', () => {
  const { relay } = uploading(true);
  upload(relay, 2, 6);
  for (let i = 0; i < 20; i++) {
    relay.now += 9;
    assert.equal(upload(relay, 6, 0), WINDOW_SIZE);
  }
});

test('rule 23: a slow sender gets no larger window, and one ping in ten seconds is all it costs', () => {
  const { relay } = uploading(true);
  assert.equal(upload(relay, 20, 400), WINDOW_SIZE);
  assert.equal(relay.roundTrips.length, 1);
});

test('rule 23: a round trip beside a transfer counts only if it is shorter, for it waits in what the transfer fills', () => {
  const { relay } = uploading(true);
  upload(relay, 2, 1);
  const answerPing = (after: number) => {
    const ping = parse(relay.take()).find((each) => each.type === PING);
    relay.now += after;
    relay.give(frame(PING, ACK, 0, ping?.length ?? 0));
  };
  // Answered at once: known now as 0. A later one, of 500 ms, would let half a window in 400 ms pass for a fast one.
  relay.now += 20_000;
  relay.give(frame(WINDOW, 0, 1, 0));
  relay.session.measureRoundTrip(relay.now);
  answerPing(500);
  assert.equal(relay.roundTrips.at(-1), 500);
  assert.equal(upload(relay, 20, 400), WINDOW_SIZE);
  // One after a silence tells how the way is now.
  relay.now += 11_000;
  relay.session.measureRoundTrip(relay.now);
  answerPing(500);
  assert.ok(upload(relay, 20, 400) > WINDOW_SIZE);
});

test('rule 23: the round trip is measured on request, unless it is fresh or being measured', () => {
  const { relay } = uploading(true);
  const pings = () => relay.frames().filter((each) => each.type === PING);
  relay.session.measureRoundTrip(relay.now);
  relay.session.measureRoundTrip(relay.now);
  const [ping, ...more] = pings();
  assert.equal(more.length, 0);
  relay.give(frame(PING, ACK, 0, ping?.length ?? 0));
  relay.now += 9_999;
  relay.session.measureRoundTrip(relay.now);
  assert.equal(pings().length, 0);
  relay.session.measureRoundTrip(relay.now + 1);
  assert.equal(pings().length, 1);
  relay.session.close();
  relay.frames();
  relay.session.measureRoundTrip(relay.now + 1e6);
  assert.equal(pings().length, 0);
});

test('rule 23: a slow reader gets no larger window, however fast the sender is', () => {
  const { relay, log } = uploading(false);
  relay.give(frame(DATA, 0, 1, Buffer.alloc(WINDOW_SIZE)));
  for (let i = 0; i < 20; i++) {
    log.stream?.consumed(WINDOW_SIZE / 2);
    const frames = relay.frames();
    const ping = frames.find((each) => each.type === PING);
    if (ping) relay.give(frame(PING, ACK, 0, ping.length));
    assert.equal(frames.find((each) => each.type === WINDOW)?.length, WINDOW_SIZE / 2);
    relay.give(frame(DATA, 0, 1, Buffer.alloc(WINDOW_SIZE / 2)));
  }
});

test('rule 23: the windows of a session share a bound, and a stream that ends gives its part back', () => {
  const growth = 300 << 10;
  const { relay } = uploading(true, { windowGrowth: growth });
  assert.equal(upload(relay, 400, 0.1), WINDOW_SIZE + growth);
  relay.give(frame(WINDOW, RST, 1, 0), frame(WINDOW, SYN, 1, 0));
  relay.take();
  assert.equal(upload(relay, 400, 0.1), WINDOW_SIZE + growth);
});

test('rule 24: both ends with full windows and nothing read still exchange pings and make progress after', () => {
  const { relay, device } = pair();
  const up = new StreamLog(false);
  device.accept = (stream) => {
    up.stream = stream;
    return up;
  };
  const down = relay.open(false);
  down.stream.write(Buffer.alloc(1 << 20, 'd'));
  device.give(relay.take());
  up.stream?.write(Buffer.alloc(1 << 20, 'u'));
  settle(relay, device);
  assert.deepEqual([up.bytes, down.bytes], [WINDOW_SIZE, WINDOW_SIZE]);
  device.give(frame(PING, SYN, 0, 77));
  assert.equal(device.frames()[0]?.length, 77);
  while (up.unread + down.unread > 0) {
    up.stream?.consumed(up.unread);
    down.stream.consumed(down.unread);
    up.unread = 0;
    down.unread = 0;
    settle(relay, device);
  }
  assert.deepEqual([up.bytes, down.bytes], [1 << 20, 1 << 20]);
});

test('rule 25: frames of 16 KiB, streams in turn, each stream in its order', () => {
  const { relay, device } = pair();
  const [a, b] = [relay.open(), relay.open()];
  settle(relay, device);
  a.stream.write(Buffer.alloc(48 << 10));
  b.stream.write(Buffer.alloc(20 << 10));
  assert.deepEqual(
    relay.frames().map((each) => [each.id, each.length]),
    [
      [2, 16 << 10],
      [4, 16 << 10],
      [2, 16 << 10],
      [4, 4 << 10],
      [2, 16 << 10],
    ],
  );
});

test('rule 25: ping, reset and credit overtake queued data', () => {
  const { relay, log } = uploading(false);
  const bulk = relay.open();
  bulk.stream.write(Buffer.alloc(200 << 10));
  const gone = relay.open();
  relay.take(13);
  gone.stream.reset();
  relay.give(frame(PING, SYN, 0, 9), frame(DATA, 0, 1, Buffer.alloc(WINDOW_SIZE)));
  log.stream?.consumed(WINDOW_SIZE);
  bulk.stream.write(Buffer.alloc(50 << 10));
  const target = new Uint8Array(64 << 10);
  const frames = parse(target.subarray(0, relay.session.pull(target, 0, target.length)));
  assert.deepEqual(
    frames.slice(0, 3).map((each) => [each.type, each.flags, each.id]),
    [
      [PING, 2, 0],
      [WINDOW, RST, 4],
      [WINDOW, 0, 1],
    ],
  );
  assert.equal(frames[3]?.type, DATA);
});

test('rule 25: a small request beside bulk waits for one frame of it at most', () => {
  const { relay, device } = pair();
  const bulk = relay.open();
  settle(relay, device);
  bulk.stream.write(Buffer.alloc(256 << 10));
  relay.open().stream.write(Buffer.from('small'));
  const order = relay.frames().map((each) => each.id);
  assert.equal(order.indexOf(4), 1);
});

test('a frame is cut to the buffer given, but not to a sliver at its end', () => {
  const { relay, device } = pair();
  const log = relay.open();
  settle(relay, device);
  const bytes = Buffer.alloc(40_000, 'abc');
  log.stream.write(bytes);
  const sizes: number[] = [];
  const target = new Uint8Array(20_000);
  for (;;) {
    const size = relay.session.pull(target, 0, 20_000);
    if (size === 0) break;
    for (const each of parse(target.subarray(0, size))) sizes.push(each.length);
    device.give(target.slice(0, size));
  }
  assert.deepEqual(sizes, [16 << 10, 3592, 16 << 10, 3592, 48]);
  const hash = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
  assert.equal(hash(device.incomingLogs[0]?.text ?? ''), hash(bytes));
  log.stream.write(Buffer.alloc(40_000));
  assert.equal(relay.session.pull(target, 0, 16_384 + 12 + 12 + 500), 16_384 + 12);
});
