import assert from 'node:assert/strict';
import { test } from 'node:test';
import { YamuxError } from '../../../src/tunnel/yamux/contract.js';
import {
  ACK,
  DATA,
  End,
  frame,
  GO_AWAY,
  PING,
  pair,
  RST,
  StreamLog,
  SYN,
  settle,
  WINDOW,
} from './harness.js';

test('rule 34: after GoAway(0) of the peer no new streams, the old ones run to their end', () => {
  const { relay, device } = pair();
  const old = relay.open();
  settle(relay, device);
  device.session.goAway();
  device.session.goAway();
  settle(relay, device);
  assert.deepEqual(
    relay.events.filter((event) => event === 'goneAway'),
    ['goneAway'],
  );
  assert.equal(relay.session.canOpen, false);
  assert.equal(relay.session.open(new StreamLog()), undefined);
  old.stream.write(Buffer.from('still'));
  old.stream.end();
  settle(relay, device);
  assert.equal(device.incomingLogs[0]?.text, 'still');
  device.incomingLogs[0]?.stream?.end();
  settle(relay, device);
  assert.equal(relay.session.streams, 0);
  assert.equal(relay.session.isClosed, false);
});

test('rule 34: after our GoAway(0) a SYN of the peer gets RST and we open nothing', () => {
  const relay = new End('server');
  relay.session.goAway();
  assert.equal(relay.session.canOpen, false);
  relay.give(frame(DATA, SYN, 1, 'late'));
  assert.deepEqual(
    relay.frames().map((each) => [each.type, each.flags, each.id, each.length]),
    [
      [GO_AWAY, 0, 0, 0],
      [WINDOW, RST, 1, 0],
    ],
  );
  assert.equal(relay.incomingLogs.length, 0);
});

test('rule 34: a stream whose SYN has not left when GoAway(0) comes is refused here, and provably unsent', () => {
  const { relay, device } = pair();
  const log = relay.open();
  log.stream.write(Buffer.from('x'));
  relay.give(frame(GO_AWAY, 0, 0, 0));
  assert.equal(log.error?.code, 'ERR_YAMUX_STREAM_REFUSED');
  assert.equal(log.sentBytes, 0);
  assert.equal(relay.take().length, 0);
  assert.equal(device.session.streams, 0);
});

test('rule 34: GoAway codes 1, 2 and unknown end the session, and are not answered', () => {
  for (const code of [1, 2, 77]) {
    const relay = new End('server');
    const log = relay.open();
    relay.give(frame(GO_AWAY, 0, 0, code));
    assert.equal(relay.error?.code, 'ERR_YAMUX_REMOTE_GOAWAY');
    assert.equal(log.error?.code, 'ERR_YAMUX_REMOTE_GOAWAY');
    assert.equal(relay.take().length, 0);
  }
});

test('rule 35: close sends a GoAway with a code that tells why, and nothing else after it', () => {
  const codes = [
    [undefined, 0],
    ['ERR_YAMUX_PROTOCOL', 1],
    ['ERR_YAMUX_WRITE_STALLED', 2],
  ] as const;
  for (const [code, expected] of codes) {
    const relay = new End('server');
    relay.open().stream.write(Buffer.from('unsent'));
    relay.session.close(code === undefined ? undefined : new YamuxError(code, 'test'));
    assert.deepEqual(relay.frames(), [{ type: GO_AWAY, flags: 0, id: 0, length: expected, payload: '' }]);
    relay.give(frame(PING, SYN, 0, 1));
    assert.equal(relay.session.pending, 0);
    assert.equal(relay.error?.code, code);
  }
});

test('rule 35: the owner is told of the last GoAway before it is told of the end', () => {
  const relay = new End('server');
  relay.session.close();
  assert.deepEqual(relay.events, ['output', 'closed']);
});

test('rule 36: closing waits for no answer', () => {
  const relay = new End('server');
  relay.open();
  relay.session.goAway();
  relay.session.close();
  assert.deepEqual([relay.session.isClosed, relay.session.streams], [true, 0]);
});

test('rule 37: a ping is answered with its opaque value and ACK', () => {
  const relay = new End('server');
  relay.give(frame(PING, SYN, 0, 0xdead_beef));
  assert.deepEqual(relay.frames(), [{ type: PING, flags: ACK, id: 0, length: 0xdead_beef, payload: '' }]);
});

test('rule 37: of a flood of pings 32 are answered and no memory is kept for the rest', () => {
  const relay = new End('server');
  for (let i = 0; i < 100_000; i++) relay.give(frame(PING, SYN, 0, i));
  assert.equal(relay.session.pending, 32 * 12);
  assert.deepEqual(
    relay.frames().map((each) => each.length),
    Array.from({ length: 32 }, (_, i) => i),
  );
  relay.give(frame(PING, SYN, 0, 7));
  assert.equal(relay.frames()[0]?.length, 7);
});

test('rule 37: a pong nobody asked for, and one that comes too late, are ignored; pings work again', () => {
  const relay = new End('server');
  relay.give(frame(PING, ACK, 0, 99));
  relay.tick(15_000);
  const first = relay.frames()[0]?.length ?? -1;
  relay.now = 16_000;
  relay.give(frame(WINDOW, 0, 8, 0));
  relay.tick(36_000);
  assert.equal(relay.session.isClosed, false);
  relay.give(frame(PING, ACK, 0, first));
  assert.deepEqual(relay.roundTrips, []);
  relay.tick(51_000);
  const second = relay.frames()[0]?.length ?? -1;
  assert.notEqual(second, first);
  relay.now = 51_042;
  relay.give(frame(PING, ACK, 0, second));
  assert.deepEqual(relay.roundTrips, [42]);
});

test('rule 38: a peer that stays silent after a ping ends the session and every stream', () => {
  const relay = new End('server');
  const log = relay.open();
  relay.take();
  relay.tick(15_000);
  assert.equal(relay.frames()[0]?.type, PING);
  relay.tick(34_999);
  assert.equal(relay.session.isClosed, false);
  relay.tick(35_000);
  assert.equal(relay.error?.code, 'ERR_YAMUX_KEEPALIVE_TIMEOUT');
  assert.equal(log.error?.code, 'ERR_YAMUX_KEEPALIVE_TIMEOUT');
});

test('rule 39: no ping while the peer talks, even a byte of a header at a time', () => {
  const relay = new End('server');
  const header = frame(WINDOW, 0, 8, 0);
  for (let i = 0; i < 12; i++) {
    relay.tick(i * 10_000);
    relay.give(header.subarray(i, i + 1));
  }
  assert.equal(relay.take().length, 0);
  relay.tick(124_999);
  assert.equal(relay.session.pending, 0);
  relay.tick(125_000);
  assert.equal(relay.frames()[0]?.type, PING);
});

test('rule 39: any byte is life while a pong waits behind bulk data', () => {
  const relay = new End('server');
  relay.tick(15_000);
  assert.equal(relay.frames()[0]?.type, PING);
  for (let now = 16_000; now < 300_000; now += 10_000) {
    relay.now = now;
    relay.give(frame(WINDOW, 0, 8, 0));
    relay.tick(now);
    assert.equal(relay.session.isClosed, false);
  }
});

test('rule 40: output that nothing takes for ten seconds ends the session and wakes all', () => {
  const relay = new End('server');
  const log = relay.open();
  log.stream.write(Buffer.from('x'));
  relay.tick(1000);
  relay.tick(9999);
  assert.equal(relay.session.isClosed, false);
  relay.tick(10_000);
  assert.equal(relay.error?.code, 'ERR_YAMUX_WRITE_STALLED');
  assert.equal(log.error?.code, 'ERR_YAMUX_WRITE_STALLED');
});

test('rule 40: slow progress is no stall, and neither is a window at 0', () => {
  const relay = new End('server', { keepaliveInterval: 1e9, openTimeout: 1e9 });
  relay.open().stream.write(Buffer.alloc(300 << 10));
  const target = new Uint8Array(5000);
  for (let now = 0; relay.session.pending > 0; now += 9000) {
    relay.tick(now);
    relay.session.pull(target, 0, target.length);
  }
  relay.tick(1e8);
  assert.equal(relay.session.isClosed, false);
});

test('rule 41: resets that the peer does not take are bounded: then the session ends', () => {
  const relay = new End('server', { maxIncoming: 0 });
  const bound = 4096;
  for (let i = 0; i < bound; i++) relay.give(frame(WINDOW, SYN, 1 + 2 * i, 0));
  assert.equal(relay.session.isClosed, false);
  assert.equal(relay.session.pending, bound * 12);
  relay.give(frame(WINDOW, SYN, 1 + 2 * bound, 0));
  assert.equal(relay.error?.code, 'ERR_YAMUX_PROTOCOL');
  assert.equal(relay.session.pending, 12);
});

test('rule 41: the same when the application resets what the peer opens', () => {
  const relay = new End('server');
  relay.accept = () => undefined;
  for (let i = 0; i < 10_000 && !relay.session.isClosed; i++) relay.give(frame(WINDOW, SYN, 1 + 2 * i, 0));
  assert.equal(relay.error?.code, 'ERR_YAMUX_PROTOCOL');
  assert.equal(relay.session.streams, 0);
});

test('rule 41: credit and ACKs wait once for each stream, so they are bounded by the streams', () => {
  const relay = new End('server');
  const log = new StreamLog();
  relay.accept = () => log;
  relay.give(frame(WINDOW, SYN, 1, 0));
  for (let i = 0; i < 16; i++) relay.give(frame(DATA, 0, 1, Buffer.alloc(16 << 10)));
  assert.equal(relay.session.pending, 12);
});

test('rule 42: a session closes while its output is blocked', () => {
  const { relay, device } = pair();
  relay.open().stream.write(Buffer.alloc(1 << 20));
  relay.session.close();
  assert.equal(relay.session.isClosed, true);
  device.give(relay.take());
  assert.equal(device.events.includes('goneAway'), true);
});

test('rule 43: an idle peer is pinged, and the interval varies across a fleet', () => {
  const due = (random: number): number => {
    const relay = new End('server', { random: () => random });
    for (let now = 0; ; now += 100) {
      relay.tick(now);
      if (relay.session.pending > 0) return now;
    }
  };
  assert.deepEqual([due(0), due(0.5), due(0.999)], [15_000, 13_500, 12_100]);
});
