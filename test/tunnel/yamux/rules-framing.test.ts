import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ACK,
  DATA,
  End,
  FIN,
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

/** The relay after frames of a hand-written device. */
function relayGiven(...frames: Uint8Array[]): End {
  const relay = new End('server');
  relay.give(...frames);
  return relay;
}

function assertViolation(end: End, what: RegExp): void {
  assert.equal(end.error?.code, 'ERR_YAMUX_PROTOCOL');
  assert.match(end.error?.message ?? '', what);
  assert.deepEqual(end.frames(), [{ type: GO_AWAY, flags: 0, id: 0, length: 1, payload: '' }]);
  assert.equal(end.session.isClosed, true);
}

test('rule 01: flags are a set: SYN|FIN, ACK|FIN and SYN with payload, on data and on window updates', () => {
  const relay = relayGiven(
    frame(DATA, SYN | FIN, 1, 'whole'),
    frame(WINDOW, SYN | FIN, 3, 0),
    frame(DATA, SYN, 5, 'first'),
    frame(WINDOW, SYN | ACK, 7, 1000),
  );
  assert.deepEqual(
    relay.incomingLogs.map((log) => [log.text, log.events]),
    [
      ['whole', ['data', 'end']],
      ['', ['end']],
      ['first', ['data']],
      ['', []],
    ],
  );
  const request = relay.open();
  relay.take();
  relay.give(frame(DATA, ACK | FIN, request.stream.id, 'answer'));
  assert.deepEqual(request.events, ['acknowledged', 'data', 'end']);
  assert.equal(request.text, 'answer');
});

test('rule 01: SYN|RST and SYN|FIN|RST open nothing and end nothing', () => {
  const relay = relayGiven(frame(WINDOW, SYN | RST, 1, 0), frame(DATA, SYN | FIN | RST, 3, 'void'));
  assert.equal(relay.incomingLogs.length, 0);
  assert.equal(relay.session.streams, 0);
  assert.equal(relay.session.isClosed, false);
  assert.equal(relay.session.pending, 0);
});

test('rule 02: the length of a window update, a ping or a GoAway is no payload', () => {
  const relay = relayGiven(
    frame(WINDOW, SYN, 1, 5),
    frame(PING, SYN, 0, 6),
    frame(GO_AWAY, 0, 0, 0),
    frame(DATA, 0, 1, 'right'),
  );
  assert.equal(relay.incomingLogs[0]?.text, 'right');
  assert.deepEqual(relay.events.includes('goneAway'), true);
});

test('rule 03: header and body in two messages, a header in twelve, ten frames in one', () => {
  const relay = new End('server');
  const body = frame(DATA, SYN, 1, 'as hashicorp sends it');
  relay.give(body.subarray(0, 12), body.subarray(12));
  for (const byte of frame(DATA, 0, 1, '|byte by byte')) relay.give(Uint8Array.of(byte));
  relay.give(Buffer.concat(Array.from({ length: 10 }, (_, i) => frame(DATA, 0, 1, `|${i}`))));
  assert.equal(relay.incomingLogs[0]?.text, 'as hashicorp sends it|byte by byte|0|1|2|3|4|5|6|7|8|9');
});

test('rule 04: a body of the largest window comes in one message and is not cut', () => {
  const relay = new End('server', { initialWindow: 4 << 20 });
  relay.accept = () => new StreamLog(false);
  const body = Buffer.alloc(4 << 20, 'x');
  relay.give(frame(WINDOW, SYN, 1, 0));
  assert.deepEqual(relay.frames(), [
    { type: WINDOW, flags: ACK, id: 1, length: (4 << 20) - (256 << 10), payload: '' },
  ]);
  relay.give(frame(DATA, 0, 1, body));
  assert.equal(relay.session.isClosed, false);
});

test('rule 05: another version or an unknown type is a protocol error: GoAway(1), then closed', () => {
  const header = frame(PING, SYN, 0, 1);
  header[0] = 1;
  assertViolation(relayGiven(header), /version 1/);
  assertViolation(relayGiven(frame(4, 0, 0, 0)), /type 4/);
  assertViolation(relayGiven(frame(255, 0, 0, 0)), /type 255/);
});

test('rule 06: id 0 or our own parity is a protocol error', () => {
  assertViolation(relayGiven(frame(WINDOW, SYN, 0, 0)), /stream 0/);
  assertViolation(relayGiven(frame(DATA, 0, 0, 'x')), /stream 0/);
  assertViolation(relayGiven(frame(WINDOW, SYN, 2, 0)), /both ends have one role/);
});

test('rule 06: ids of the peer need not grow: concurrent opens may leave it out of order', () => {
  const relay = relayGiven(frame(DATA, SYN, 9, 'late'), frame(DATA, SYN, 3, 'early'));
  assert.deepEqual(
    relay.incomingLogs.map((log) => log.text),
    ['late', 'early'],
  );
});

test('rule 06: two ends of one role fail loudly, both ways round', () => {
  for (const role of ['client', 'server'] as const) {
    const one = new End(role);
    const other = new End(role);
    one.open();
    other.give(one.take());
    assertViolation(other, /both ends have one role/);
  }
});

test('rule 07: the relay opens even ids, the device odd ones', () => {
  const { relay, device } = pair();
  assert.deepEqual([relay.open().stream.id, relay.open().stream.id], [2, 4]);
  assert.deepEqual([device.open().stream.id, device.open().stream.id], [1, 3]);
  settle(relay, device);
  assert.equal(relay.session.streams, 4);
  assert.equal(device.session.streams, 4);
});

test('rule 08: a SYN for a live id is a protocol error', () => {
  assertViolation(relayGiven(frame(WINDOW, SYN, 1, 0), frame(WINDOW, SYN, 1, 0)), /opened twice/);
});

test('rule 09: ids are unsigned and run out at 2^32 - 2', () => {
  const relay = relayGiven(frame(DATA, SYN, 0xffff_fffd, 'x'));
  assert.equal(relay.incomingLogs[0]?.stream?.id, 0xffff_fffd);
  const device = new End('client', {}, 0xffff_fffb);
  const last = [device.open(), device.open()].map((log) => log.stream.id);
  assert.deepEqual(last, [0xffff_fffb, 0xffff_fffd]);
  assert.equal(device.session.canOpen, false);
  assert.equal(device.session.open(new StreamLog()), undefined);
  assert.deepEqual(
    parse(device.take()).map((each) => each.id),
    last,
  );
});

test('rule 10: frames for a stream that is gone are dropped, also a window update after the close', () => {
  const { relay, device } = pair();
  const request = relay.open();
  settle(relay, device);
  request.stream.reset();
  relay.give(
    frame(DATA, 0, 2, 'on its way'),
    frame(WINDOW, 0, 2, 4096),
    frame(WINDOW, FIN, 2, 0),
    frame(WINDOW, RST, 2, 0),
  );
  const next = relay.open();
  settle(relay, device);
  assert.deepEqual(next.events, ['acknowledged']);
  assert.deepEqual(request.events, ['acknowledged']);
});

test('rule 10: what may be dropped has a bound: what the windows of the gone streams allowed, and a little', () => {
  const stray = 4096;
  const { relay, device } = pair({ strayData: stray });
  const request = relay.open();
  settle(relay, device);
  request.stream.reset();
  relay.take();
  relay.give(frame(DATA, 0, 2, Buffer.alloc(256 << 10)), frame(DATA, 0, 2, Buffer.alloc(stray)));
  assert.equal(relay.session.isClosed, false);
  relay.give(frame(DATA, 0, 2, 'x'));
  assertViolation(relay, /too much data for stream 2/);
});

test('rule 10: four gibibytes announced for an unknown stream end the session at the header', () => {
  const header = frame(WINDOW, 0, 8, 0xffff_ffff);
  header[1] = DATA;
  assertViolation(relayGiven(header), /too much data/);
});
