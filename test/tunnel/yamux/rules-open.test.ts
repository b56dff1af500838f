import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACK, DATA, End, FIN, frame, pair, RST, StreamLog, SYN, settle, WINDOW } from './harness.js';

test('rule 11: data may follow a SYN at once, before any ACK', () => {
  const { relay, device } = pair();
  const request = relay.open();
  request.stream.write(Buffer.alloc(100 << 10, 'x'));
  device.give(relay.take());
  assert.equal(device.incomingLogs[0]?.bytes, 100 << 10);
});

test('rule 11: a larger window is advertised on the SYN and on the ACK, never assumed', () => {
  const larger = 1 << 20;
  const { relay, device } = pair({ initialWindow: larger }, {});
  const request = relay.open();
  request.stream.write(Buffer.from('x'));
  const [syn, data] = relay.frames();
  assert.deepEqual(syn, { type: WINDOW, flags: SYN, id: 2, length: larger - (256 << 10), payload: '' });
  assert.equal(data?.flags, 0);
  device.open();
  relay.give(device.take());
  assert.deepEqual(relay.frames(), [
    { type: WINDOW, flags: ACK, id: 1, length: larger - (256 << 10), payload: '' },
  ]);
});

test('rule 11: the length of a WindowUpdate|SYN adds to the send window', () => {
  const device = new End('client');
  device.give(frame(WINDOW, SYN, 2, 1000));
  const stream = device.incomingLogs[0]?.stream;
  stream?.write(Buffer.alloc(1 << 20));
  const sent = device.frames().reduce((sum, each) => sum + each.length, 0);
  assert.equal(sent, (256 << 10) + 1000);
});

test('rule 12: one ACK, when the stream is accepted, also when data, credit and FIN follow', () => {
  const { relay, device } = pair();
  const request = relay.open();
  request.stream.write(Buffer.alloc(200 << 10));
  device.give(relay.take());
  const served = device.incomingLogs[0]?.stream;
  served?.write(Buffer.from('a'));
  served?.end();
  const frames = [...device.frames(), ...device.frames()];
  assert.equal(frames.filter((each) => (each.flags & ACK) !== 0).length, 1);
  assert.deepEqual(
    frames.map((each) => [each.type, each.flags]),
    [
      [WINDOW, ACK],
      [DATA, 0],
      [WINDOW, FIN],
    ],
  );
});

test('rule 12: the ACK rides on the first data of the answer', () => {
  const relay = new End('server');
  relay.give(frame(DATA, SYN | FIN, 1, 'up'));
  const served = relay.incomingLogs[0]?.stream;
  served?.write(Buffer.from('down'));
  served?.end();
  assert.deepEqual(
    relay.frames().map((each) => [each.type, each.flags, each.payload]),
    [
      [DATA, ACK, 'down'],
      [WINDOW, FIN, ''],
    ],
  );
  assert.equal(relay.session.streams, 0);
});

test('rule 12: a FIN or data without ACK settles the open: hashicorp sends no ACK after an early FIN', () => {
  for (const answer of [frame(WINDOW, FIN, 2, 0), frame(DATA, 0, 2, 'x'), frame(WINDOW, 0, 2, 1)]) {
    const relay = new End('server', { maxUnacknowledged: 1 });
    const request = relay.open();
    assert.equal(relay.session.canOpen, false);
    relay.take();
    relay.give(answer);
    assert.equal(request.events[0], 'acknowledged');
    assert.equal(relay.session.canOpen, true);
  }
});

test('rule 13: 256 streams may be un-ACKed, the 257th waits for openable', () => {
  const relay = new End('server');
  for (let i = 0; i < 256; i++) relay.open();
  assert.equal(relay.session.canOpen, false);
  assert.equal(relay.session.open(new StreamLog()), undefined);
  relay.take();
  relay.give(frame(WINDOW, ACK, 2, 0));
  assert.deepEqual(relay.events, ['output', 'openable']);
  relay.give(frame(WINDOW, ACK, 2, 0));
  relay.open();
  assert.equal(relay.session.canOpen, false);
});

test('rule 13: SYN credit returns on ACK, RST, FIN, our own reset and the open timeout', () => {
  const answers = {
    ack: (relay: End) => relay.give(frame(WINDOW, ACK, 2, 0)),
    rst: (relay: End) => relay.give(frame(WINDOW, RST, 2, 0)),
    fin: (relay: End) => relay.give(frame(WINDOW, ACK | FIN, 2, 0)),
    timeout: (relay: End) => relay.tick(75_000),
  };
  for (const [name, answer] of Object.entries(answers)) {
    const relay = new End('server', { maxUnacknowledged: 1, keepaliveInterval: 1e9 });
    relay.open();
    relay.take();
    assert.equal(relay.session.canOpen, false);
    answer(relay);
    assert.equal(relay.session.canOpen, true, name);
    assert.equal(relay.events.includes('openable'), true, name);
  }
  const relay = new End('server', { maxUnacknowledged: 1 });
  relay.open().stream.reset();
  assert.equal(relay.session.canOpen, true);
});

test('rule 13: opens that are refused leave nothing behind', () => {
  const relay = new End('server');
  const logs = [];
  for (let i = 0; i < 1000; i++) {
    const log = relay.open();
    logs.push(log);
    relay.take();
    relay.give(frame(WINDOW, RST, log.stream.id, 0));
  }
  assert.equal(relay.session.streams, 0);
  assert.equal(relay.session.canOpen, true);
  assert.ok(logs.every((log) => log.error?.code === 'ERR_YAMUX_STREAM_REFUSED'));
});

test('rule 14: a stream that is not acknowledged in time is reset alone, with an RST to the peer', () => {
  const { relay, device } = pair({ keepaliveInterval: 1e9 });
  const fine = relay.open();
  settle(relay, device);
  const slow = relay.open();
  relay.take();
  relay.tick(74_999);
  assert.deepEqual(slow.events, []);
  relay.tick(75_000);
  assert.equal(slow.error?.code, 'ERR_YAMUX_STREAM_OPEN_TIMEOUT');
  assert.deepEqual(relay.frames(), [{ type: WINDOW, flags: RST, id: 4, length: 0, payload: '' }]);
  assert.equal(fine.stream.state, 'open');
  assert.equal(relay.session.isClosed, false);
  assert.equal(relay.session.stats.resets, 1);
});

test('rule 14: a FIN that went out before the ACK ends the open timeout: its ACK may never come', () => {
  const relay = new End('server', { keepaliveInterval: 1e9 });
  const request = relay.open();
  request.stream.end();
  relay.take();
  relay.tick(299_999);
  assert.deepEqual(request.events, []);
  relay.tick(300_000);
  assert.equal(request.error?.code, 'ERR_YAMUX_STREAM_CLOSE_TIMEOUT');
});

test('rule 15: one stream more than allowed is refused with RST, the session lives', () => {
  const relay = new End('server', { maxIncoming: 2 });
  relay.give(...[1, 3, 5].map((id) => frame(WINDOW, SYN, id, 0)));
  assert.equal(relay.incomingLogs.length, 2);
  assert.deepEqual(
    relay.frames().map((each) => [each.flags, each.id]),
    [
      [RST, 5],
      [ACK, 1],
      [ACK, 3],
    ],
  );
  relay.give(frame(WINDOW, RST, 1, 0), frame(WINDOW, SYN, 7, 0));
  assert.equal(relay.incomingLogs.length, 3);
});

test('rule 15: streams of ours are bounded too', () => {
  const { relay, device } = pair({ maxOutgoing: 2 });
  relay.open();
  const second = relay.open();
  settle(relay, device);
  assert.equal(relay.session.canOpen, false);
  second.stream.reset();
  assert.equal(relay.session.canOpen, true);
  assert.equal(relay.events.at(-1), 'openable');
});

test('rule 15: a handler that takes no stream refuses it, and data sent with the SYN is dropped', () => {
  const relay = new End('server');
  relay.accept = () => undefined;
  relay.give(frame(DATA, SYN, 1, 'unasked'), frame(DATA, FIN, 1, 'more'));
  assert.deepEqual(relay.frames(), [{ type: WINDOW, flags: RST, id: 1, length: 0, payload: '' }]);
  assert.equal(relay.session.streams, 0);
});

test('rule 16: streams that are not yet acknowledged fail when the session ends', () => {
  const { relay } = pair();
  const request = relay.open();
  relay.session.close();
  assert.equal(request.error?.code, 'ERR_YAMUX_SESSION_CLOSED');
  assert.equal(relay.session.open(new StreamLog()), undefined);
});

test('rule 16: an accept may end the session from within', () => {
  const relay = new End('server');
  relay.accept = () => {
    relay.session.close();
    return new StreamLog();
  };
  relay.give(Buffer.concat([frame(DATA, SYN, 1, 'x'), frame(WINDOW, SYN, 3, 0)]));
  assert.equal(relay.session.streams, 0);
  assert.deepEqual(relay.events, ['output', 'closed']);
});
