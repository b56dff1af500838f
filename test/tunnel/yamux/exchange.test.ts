import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACK, DATA, FIN, pair, parse, SYN, settle, WINDOW } from './harness.js';

test('a small request is one frame: SYN and data together', () => {
  const { relay } = pair();
  const request = relay.open();
  request.stream.write(Buffer.from('hello'));
  assert.deepEqual(parse(relay.take()), [{ type: DATA, flags: SYN, id: 2, length: 5, payload: 'hello' }]);
});

test('the acknowledgement rides on the first data of the answer', () => {
  const { relay, device } = pair();
  const request = relay.open();
  request.stream.write(Buffer.from('ping'));
  device.give(relay.take());
  device.incomingLogs[0]?.stream?.write(Buffer.from('pong'));
  assert.deepEqual(parse(device.take()), [{ type: DATA, flags: ACK, id: 2, length: 4, payload: 'pong' }]);
});

test('an acceptor with nothing to say acknowledges at once', () => {
  const { relay, device } = pair();
  relay.open();
  device.give(relay.take());
  assert.deepEqual(parse(device.take()), [{ type: WINDOW, flags: ACK, id: 2, length: 0, payload: '' }]);
});

test('request and answer, FIN both ways, streams freed on both ends', () => {
  const { relay, device } = pair();
  const request = relay.open();
  request.stream.write(Buffer.from('GET'));
  request.stream.end();
  settle(relay, device);
  const served = device.incomingLogs[0];
  assert.equal(served?.text, 'GET');
  assert.deepEqual(served?.events, ['data', 'end']);
  assert.equal(served?.stream?.state, 'half-closed-remote');
  served?.stream?.write(Buffer.from('200'));
  served?.stream?.end();
  settle(relay, device);
  assert.equal(request.text, '200');
  assert.deepEqual(request.events, ['acknowledged', 'data', 'end']);
  assert.equal(request.stream.state, 'closed');
  assert.equal(relay.session.streams + device.session.streams, 0);
});

test('a FIN with nothing left to send is a window update without credit, as hashicorp sends it', () => {
  const { relay, device } = pair();
  const request = relay.open();
  settle(relay, device);
  request.stream.end();
  request.stream.end();
  assert.deepEqual(parse(relay.take()), [{ type: WINDOW, flags: FIN, id: 2, length: 0, payload: '' }]);
});

test('four mebibytes pass through a window of 256 KiB, in both directions at once', () => {
  const { relay, device } = pair();
  const bytes = Buffer.alloc(4 << 20, 'abcdefg');
  const up = relay.open();
  up.stream.write(bytes);
  up.stream.end();
  device.give(relay.take());
  device.incomingLogs[0]?.stream?.write(bytes);
  device.incomingLogs[0]?.stream?.end();
  settle(relay, device);
  assert.ok(Buffer.concat(up.chunks).equals(bytes));
  assert.ok(Buffer.concat(device.incomingLogs[0]?.chunks ?? []).equals(bytes));
  assert.equal(relay.session.streams + device.session.streams, 0);
});

test('write answers false above the send buffer and drain comes below half of it', () => {
  const { relay, device } = pair();
  const log = relay.open();
  assert.equal(log.stream.write(Buffer.alloc(256 << 10)), true);
  assert.equal(log.stream.write(Buffer.alloc(1)), false);
  assert.deepEqual(log.events, []);
  settle(relay, device);
  assert.deepEqual(log.events, ['drain', 'acknowledged']);
  assert.equal(log.sentBytes, (256 << 10) + 1);
});

test('output is told once until pull ran dry', () => {
  const { relay } = pair();
  relay.open().stream.write(Buffer.from('a'));
  relay.open().stream.write(Buffer.from('b'));
  assert.deepEqual(relay.events, ['output']);
  relay.take();
  relay.open();
  assert.deepEqual(relay.events, ['output', 'output']);
});

test('a buffer of `pending` bytes takes all that is due', () => {
  const { relay, device } = pair();
  const requests = Array.from({ length: 5 }, () => relay.open());
  settle(relay, device);
  for (const request of requests) {
    request.stream.write(Buffer.from('x'));
    request.stream.end();
  }
  const size = relay.session.pending;
  assert.equal(relay.session.pull(new Uint8Array(size), 0, size), 5 * (12 + 1 + 12));
  assert.equal(relay.session.pending, 0);
});

test('a FIN that finds no room after its data comes with the next pull', () => {
  const { relay } = pair();
  const request = relay.open();
  request.stream.write(Buffer.from('x'));
  request.stream.end();
  const target = new Uint8Array(12);
  assert.equal(relay.session.pull(target, 0, 12), 0);
  assert.equal(relay.session.pull(new Uint8Array(13), 0, 13), 13);
  assert.equal(relay.session.pull(target, 0, 12), 12);
  assert.deepEqual(parse(target), [{ type: WINDOW, flags: FIN, id: 2, length: 0, payload: '' }]);
});

test('a FIN never rides on data: a reader of hashicorp would see the end before the payload', () => {
  const { relay } = pair();
  const request = relay.open();
  request.stream.write(Buffer.from('all'));
  request.stream.end();
  assert.deepEqual(
    parse(relay.take()).map((each) => [each.type, each.flags, each.payload]),
    [
      [DATA, SYN, 'all'],
      [WINDOW, FIN, ''],
    ],
  );
});
