import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MuxStream } from '../../../src/tunnel/yamux/contract.js';
import { YamuxError } from '../../../src/tunnel/yamux/contract.js';
import { ACK, DATA, End, FIN, frame, pair, RST, StreamLog, SYN, settle, WINDOW } from './harness.js';

const QUIET = { keepaliveInterval: 1e9 };

/** A stream of the relay that the device has accepted. */
function exchange(config = {}) {
  const { relay, device } = pair({ ...QUIET, ...config });
  const near = relay.open();
  settle(relay, device);
  const far = device.incomingLogs[0];
  if (far?.stream === undefined) throw new Error('not accepted');
  return { relay, device, near, far: Object.assign(far, { stream: far.stream as MuxStream }) };
}

test('rule 26: FIN is a half-close: the other direction runs on until its own FIN', () => {
  const { relay, device, near, far } = exchange();
  near.stream.write(Buffer.from('request'));
  near.stream.end();
  settle(relay, device);
  assert.deepEqual(far.events, ['data', 'end']);
  assert.equal(near.stream.state, 'half-closed-local');
  assert.equal(far.stream.state, 'half-closed-remote');
  far.stream.write(Buffer.alloc(1 << 20));
  far.stream.end();
  settle(relay, device);
  assert.equal(near.bytes, 1 << 20);
  assert.equal(near.events.at(-1), 'end');
});

test('rule 26: a FIN that nobody waits for goes with other output, or at a tick', () => {
  for (const other of ['output', 'tick'] as const) {
    const { relay, device, near, far } = exchange();
    relay.events.length = 0;
    near.stream.endLater();
    near.stream.endLater();
    near.stream.end();
    assert.deepEqual(relay.events, []);
    assert.equal(near.stream.write(Buffer.from('too late')), false);
    if (other === 'tick') relay.session.tick(1);
    else relay.open();
    assert.deepEqual(relay.events, ['output'], other);
    settle(relay, device);
    assert.deepEqual(far.events, ['end'], other);
  }
});

test('rule 26: a FIN that may wait does not do so after data, which it follows', () => {
  const { relay, device, near, far } = exchange();
  near.stream.write(Buffer.from('last words'));
  near.stream.endLater();
  settle(relay, device);
  assert.deepEqual([far.events, far.text], [['data', 'end'], 'last words']);
});

test('rule 26: a FIN that may wait does not do so after a GoAway of either side', () => {
  for (const from of ['relay', 'device'] as const) {
    for (const order of ['before', 'after'] as const) {
      const { relay, device, near, far } = exchange();
      const drainer = from === 'relay' ? relay : device;
      if (order === 'before') near.stream.endLater();
      drainer.session.goAway();
      if (order === 'after') {
        settle(relay, device);
        relay.events.length = 0;
        near.stream.endLater();
      } else if (from === 'device') relay.give(device.take());
      assert.ok(relay.events.includes('output'), `${from}, ${order}`);
      settle(relay, device);
      assert.ok(far.events.includes('end'), `${from}, ${order}`);
    }
  }
});

test('rule 26: what arrived stays readable when the session is lost', () => {
  const relay = new End('server');
  const kept: Uint8Array[] = [];
  relay.accept = () => ({
    data: (_stream, chunk) => kept.push(Uint8Array.from(chunk)),
    end: () => {},
    reset: () => {},
    drain: () => {},
  });
  relay.give(frame(DATA, SYN | FIN, 1, 'last words'));
  relay.session.close();
  assert.equal(Buffer.concat(kept).toString(), 'last words');
});

test('rule 27: both FINs free the stream on both sides, whichever side goes first', () => {
  for (const order of ['near', 'far', 'both'] as const) {
    const { relay, device, near, far } = exchange();
    if (order !== 'far') near.stream.end();
    if (order !== 'near') far.stream.end();
    settle(relay, device);
    near.stream.end();
    far.stream.end();
    settle(relay, device);
    assert.deepEqual([relay.session.streams, device.session.streams], [0, 0], order);
    assert.deepEqual([near.stream.state, far.stream.state], ['closed', 'closed'], order);
    assert.deepEqual([relay.session.stats.resets, device.session.stats.resets], [0, 0], order);
  }
});

test('rule 27: ten thousand streams leave nothing behind', () => {
  const { relay, device } = pair();
  device.accept = () => ({
    data: (stream, chunk) => stream.consumed(chunk.length),
    end: (stream) => stream.end(),
    reset: () => {},
    drain: () => {},
  });
  for (let i = 0; i < 100; i++) {
    for (let j = 0; j < 100; j++) {
      const log = relay.open();
      log.stream.write(Buffer.from('x'));
      log.stream.end();
    }
    settle(relay, device);
  }
  assert.deepEqual([relay.session.streams, device.session.streams], [0, 0]);
  assert.equal(device.session.stats.streamsOpened, 10_000);
});

test('rule 28: five minutes after our FIN without a byte: dropped, freed, RST', () => {
  const { relay, near } = exchange();
  near.stream.end();
  relay.take();
  relay.tick(299_999);
  assert.equal(near.stream.state, 'half-closed-local');
  relay.tick(300_000);
  assert.equal(near.error?.code, 'ERR_YAMUX_STREAM_CLOSE_TIMEOUT');
  assert.equal(relay.session.streams, 0);
  assert.deepEqual(relay.frames(), [{ type: WINDOW, flags: RST, id: 2, length: 0, payload: '' }]);
});

test('rule 28: a long answer after our FIN is no silence', () => {
  const { relay, near } = exchange();
  near.stream.end();
  relay.take();
  for (let now = 0; now < 1_000_000; now += 200_000) {
    relay.tick(now);
    relay.give(frame(DATA, 0, 2, 'still here'));
  }
  assert.equal(near.stream.state, 'half-closed-local');
  relay.tick(800_000 + 300_000);
  assert.equal(near.error?.code, 'ERR_YAMUX_STREAM_CLOSE_TIMEOUT');
});

test('rule 29: a peer that ended and stopped reading stalls the writer at 0; an end then has a time limit', () => {
  const { relay, near } = exchange();
  near.stream.write(Buffer.alloc(300 << 10));
  assert.equal(relay.take().length, (256 << 10) + 16 * 12);
  relay.give(frame(WINDOW, FIN, 2, 0));
  near.stream.end();
  assert.equal(relay.session.pending, 0);
  relay.tick(300_000);
  assert.equal(near.error?.code, 'ERR_YAMUX_STREAM_CLOSE_TIMEOUT');
});

test('rule 30: RST drops what is queued, wakes the other side at once and is the last event', () => {
  const { relay, device, near, far } = exchange();
  far.stream.write(Buffer.alloc(1 << 20));
  near.stream.write(Buffer.alloc(100));
  near.stream.reset();
  assert.equal(near.stream.queued, 0);
  settle(relay, device);
  assert.equal(far.error?.code, 'ERR_YAMUX_STREAM_RESET');
  assert.equal(far.bytes, 0);
  assert.equal(far.stream.queued, 0);
  assert.deepEqual([relay.session.streams, device.session.streams], [0, 0]);
  assert.deepEqual([near.events, far.events], [['acknowledged'], ['reset']]);
});

test('rule 30: RST on a data frame: its payload is not delivered, the next frame is', () => {
  const { relay, near } = exchange();
  const next = relay.open();
  relay.take();
  relay.give(Buffer.concat([frame(DATA, RST, 2, 'void'), frame(DATA, 0, 4, 'whole')]));
  assert.deepEqual([near.text, near.error?.code], ['', 'ERR_YAMUX_STREAM_RESET']);
  assert.equal(next.text, 'whole');
});

test('rule 30: a stream that is reset before its SYN left costs no frame', () => {
  const { relay } = pair();
  const log = relay.open();
  log.stream.write(Buffer.from('never mind'));
  log.stream.reset();
  assert.equal(relay.take().length, 0);
  assert.equal(relay.session.pending, 0);
});

test('rule 30: a reset from within data stops the rest of the frame and of the chunk for that stream', () => {
  const relay = new End('server');
  const seen: string[] = [];
  relay.accept = () => ({
    data(stream, chunk) {
      seen.push(Buffer.from(chunk).toString());
      stream.reset();
    },
    end: () => seen.push('end'),
    reset: () => seen.push('reset'),
    drain: () => {},
  });
  const body = frame(DATA, SYN | FIN, 1, 'first half, second half');
  relay.give(body.subarray(0, 22), Buffer.concat([body.subarray(22), frame(DATA, 0, 1, 'more')]));
  assert.deepEqual(seen, ['first half']);
  assert.deepEqual(
    relay.frames().map((each) => [each.flags, each.id]),
    [[RST | ACK, 1]],
  );
});

test('rule 31: never two FINs', () => {
  const { relay, device, near } = exchange();
  near.stream.end();
  near.stream.end();
  settle(relay, device);
  near.stream.end();
  assert.equal(relay.take().length, 0);
  const other = exchange();
  other.near.stream.write(Buffer.from('x'));
  other.near.stream.end();
  other.near.stream.end();
  const fins = other.relay.frames().filter((each) => (each.flags & FIN) !== 0);
  assert.equal(fins.length, 1);
});

test('rule 31: a second FIN, or data after the FIN, resets that stream only', () => {
  for (const more of [frame(WINDOW, FIN, 2, 0), frame(DATA, FIN, 2, 'x'), frame(DATA, 0, 2, 'x')]) {
    const { relay, near } = exchange();
    relay.give(frame(DATA, FIN, 2, 'all'), more);
    assert.deepEqual(near.events, ['acknowledged', 'data', 'end', 'reset']);
    assert.equal(near.error?.code, 'ERR_YAMUX_PROTOCOL');
    assert.equal(near.text, 'all');
    assert.deepEqual(
      relay.frames().map((each) => each.flags),
      [RST],
    );
    assert.equal(relay.session.isClosed, false);
  }
});

test('rule 31: credit and empty data after the FIN are no fault', () => {
  const { relay, near } = exchange();
  relay.give(frame(WINDOW, FIN, 2, 0), frame(WINDOW, 0, 2, 4096), frame(DATA, 0, 2, ''));
  assert.deepEqual(near.events, ['acknowledged', 'end']);
});

test('rule 32: a write after end or reset answers false at once and sends nothing', () => {
  const { relay, device, near } = exchange();
  near.stream.end();
  assert.equal(near.stream.write(Buffer.from('late')), false);
  settle(relay, device);
  const other = relay.open();
  settle(relay, device);
  other.stream.reset();
  assert.equal(other.stream.write(Buffer.from('late')), false);
  other.stream.end();
  other.stream.reset();
  other.stream.consumed(1000);
  assert.deepEqual(
    relay.frames().map((each) => each.flags),
    [RST],
  );
  assert.equal(device.incomingLogs[0]?.bytes, 0);
});

test('rule 33: the end of the session tells every stream once, with the reason, then the owner', () => {
  const { relay, device } = pair();
  const order: string[] = [];
  const logs = Array.from({ length: 5 }, () => relay.open());
  settle(relay, device);
  for (const log of logs) log.reset = (stream, error) => order.push(`${stream.id} ${error.code}`);
  relay.closed = (error) => order.push(`session ${error?.code}`);
  relay.session.close(new YamuxError('ERR_YAMUX_WRITE_STALLED', 'test'));
  relay.session.close();
  relay.tick(1e9);
  const last = order.pop();
  assert.deepEqual(order.sort(), logs.map((log) => `${log.stream.id} ERR_YAMUX_WRITE_STALLED`).sort());
  assert.equal(last, 'session ERR_YAMUX_WRITE_STALLED');
  assert.equal(relay.session.streams, 0);
});

test('rule 33: handlers that act while the session ends change nothing', () => {
  const { relay, device } = pair();
  const logs = [new StreamLog(), new StreamLog()];
  const streams = logs.map((log) => relay.session.open(log));
  settle(relay, device);
  for (const log of logs) {
    log.reset = () => {
      for (const stream of streams) {
        stream?.write(Buffer.from('x'));
        stream?.end();
        stream?.reset();
      }
      assert.equal(relay.session.open(new StreamLog()), undefined);
      relay.session.goAway();
      relay.session.close();
    };
  }
  relay.session.close();
  assert.equal(relay.frames().length, 1);
  assert.equal(relay.session.pending, 0);
  assert.equal(relay.events.filter((event) => event === 'closed').length, 1);
});

test('rule 30: a reset of a stream that was seen acknowledges it, so that it does not pass for a refusal', () => {
  const { relay, device } = pair(QUIET);
  device.accept = () => ({
    data: (stream) => stream.reset(),
    end: () => {},
    reset: () => {},
    drain: () => {},
  });
  const near = relay.open();
  near.stream.write(Buffer.from('request'));
  settle(relay, device);
  assert.equal(near.error?.code, 'ERR_YAMUX_STREAM_RESET');
  assert.equal(relay.session.canOpen, true);
});
