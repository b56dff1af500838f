import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import type { WebSocket } from 'ws';
import { INITIAL_WINDOW as PROMISED_BYTES } from '../../../src/tunnel/yamux/constants.js';
import { settled } from '../../support/settled.js';
import { DEVICE, type ForwarderUnderTest, IMPLEMENTATIONS, type OpenForwarder } from './http-device.js';
import { RecordedBridge } from './recorded-bridge.js';
import { RecordedCall, request } from './recording-sink.js';

/** So that one stalled reader is a user's share. */
const UNREAD_BYTES = 4 * PROMISED_BYTES;
/** One more than there is room for in any case. */
const CROWD = 6;
/** Each holds up to as much, and three quarters of it at least. */
const UPLOADS = 8;

/** Fits into a window with its head. */
const ALMOST = PROMISED_BYTES - 4096;

/** What callers leave unread, for every implementation of the two forwarders. */
function unreadContract(name: string, open: OpenForwarder): void {
  const it = (what: string, body: (it: ForwarderUnderTest) => Promise<void>): void => {
    test(`B1: ${name}: ${what}`, async () => {
      const under = await open({ unreadBytes: UNREAD_BYTES });
      try {
        await body(under);
      } finally {
        await under.close();
      }
    });
  };

  const call = ({ forwarder }: ForwarderUnderTest, holding = false): RecordedCall =>
    new RecordedCall(forwarder, DEVICE, request(), holding);

  /** Resolves with the device's side of that many calls, all before any answer. */
  const arrived = ({ device }: ForwarderUnderTest, count: number): Promise<ServerResponse[]> =>
    new Promise((resolve) => {
      const answers: ServerResponse[] = [];
      device.serve = (_req, res) => {
        if (answers.push(res) === count) resolve(answers);
      };
    });

  it('an answer that is taken at once counts nothing', async (under) => {
    const { device, unread } = under;
    for (const size of [0, 5, PROMISED_BYTES]) {
      device.serve = (_req, res) => res.end(Buffer.alloc(size));
      assert.equal((await call(under).over()).body.length, size);
      assert.equal(unread.unreadBytes, 0);
    }
  });

  it('what is kept counts, after the end of the answer too, until it is passed on or its caller is gone', async (under) => {
    const { device, unread } = under;
    device.serve = (_req, res) => res.end(Buffer.alloc(1000));
    const kept = await call(under, true).over();
    assert.equal(unread.unreadBytes, 1000);
    kept.call.consumed(400);
    assert.equal(unread.unreadBytes, 600);
    const gone = await call(under, true).over();
    assert.equal(unread.unreadBytes, 1600);
    gone.call.abort();
    assert.equal(unread.unreadBytes, 600);
    kept.call.consumed(600);
    assert.equal(unread.unreadBytes, 0);
  });

  it('an answer that goes on counts with its whole window, and one that breaks off not at all', async (under) => {
    const { device, unread } = under;
    device.serve = (_req, res) => res.writeHead(200).write('some');
    const kept = call(under, true);
    await kept.until(() => kept.body.length > 0);
    await settled(() => unread.unreadBytes);
    assert.equal(unread.unreadBytes, PROMISED_BYTES);
    device.streams.at(-1)?.destroy();
    await kept.over();
    assert.equal(unread.unreadBytes, 0);
  });

  it('at the share of a user a call is refused before the device has it, and a WebSocket', async (under) => {
    const { device, forwarder, unread } = under;
    device.serve = (_req, res) => res.writeHead(200).write('some');
    const kept = call(under, true);
    await kept.until(() => kept.body.length > 0);
    await settled(() => unread.unreadBytes);
    device.serve = () => assert.fail('the device was asked');
    device.serveSocket = () => assert.fail('the device was asked');
    const refused = await call(under).over();
    assert.equal(refused.failure?.code, 'overloaded');
    assert.equal((await new RecordedBridge(forwarder).over()).failure?.code, 'overloaded');
    assert.equal(unread.unreadRefused, 2);
    kept.call.abort();
    device.serve = (_req, res) => res.end('served');
    assert.equal(String((await call(under).over()).body), 'served');
  });

  it('beyond all bounds the longest reader is cut: its answer fails after its head, the device sees a reset', async (under) => {
    const { device, unread } = under;
    const begun = arrived(under, CROWD);
    const calls = Array.from({ length: CROWD }, () => call(under, true));
    const answers = await begun;
    for (const [i, answer] of answers.entries()) {
      answer.writeHead(200).write('some');
      await calls[i]?.until(() => calls[i]?.events.includes('data') || calls[i]?.body.length === 4);
      await settled(() => unread.unreadBytes + unread.unreadCut);
    }
    const [first, ...others] = calls;
    const { failure, events } = await (first as RecordedCall).over();
    assert.equal(failure?.code, 'overloaded');
    assert.equal(events.at(-1), 'fail');
    assert.deepEqual(
      others.map(({ ended }) => ended),
      Array(CROWD - 1).fill(false),
    );
    assert.equal(unread.unreadCut, 1);
    await settled(() => device.streams.filter(({ destroyed }) => destroyed).length);
    assert.equal(device.streams.filter(({ destroyed }) => destroyed).length, 1);
    for (const other of others) other.call.abort();
    assert.equal(unread.unreadBytes, 0);
  });

  it('an answer that has ended and is not read can still be cut', async (under) => {
    const { unread } = under;
    const begun = arrived(under, CROWD);
    const calls = Array.from({ length: CROWD }, () => call(under, true));
    for (const [i, answer] of (await begun).entries()) {
      answer.end(Buffer.alloc(ALMOST));
      await calls[i]?.over();
    }
    assert.equal(calls[0]?.failure?.code, 'overloaded');
    assert.equal(unread.unreadBytes, (CROWD - 1) * ALMOST);
  });

  it('a request that its device does not read counts, and beyond all bounds one is cut: the device has some of it', async (under) => {
    const { device, unread } = under;
    const calls: RecordedCall[] = [];
    const body = Buffer.alloc(8 * 2 ** 20);
    await new Promise<void>((resolve) => {
      let count = 0;
      device.serve = (req) => {
        req.pause();
        count += 1;
        if (count === UPLOADS) resolve();
      };
      for (let i = 0; i < UPLOADS; i += 1) {
        const upload = { method: 'PUT', bodyLength: body.length };
        calls.push(new RecordedCall(under.forwarder, DEVICE, request(upload)));
        calls[i]?.call.body(body.subarray(0, 1), false);
      }
    });
    for (const each of calls) void each.upload(body.subarray(1));
    const failed = await Promise.race(calls.map((each) => each.over()));
    assert.equal(failed.failure?.code, 'device-timeout');
    assert.match(failed.failure?.detail ?? '', /does not read/);
    for (const each of calls) each.call.abort();
    assert.equal(unread.unreadBytes, 0);
  });

  it('a request that its device reads counts nothing once it has left', async (under) => {
    const { device, unread } = under;
    device.serve = (req, res) => void req.resume().on('end', () => res.end());
    const body = Buffer.alloc(2 ** 20);
    const sent = new RecordedCall(
      under.forwarder,
      DEVICE,
      request({ method: 'PUT', bodyLength: body.length }),
    );
    await sent.upload(body);
    await sent.over();
    assert.equal(sent.failure, undefined);
    assert.equal(unread.unreadBytes, 0);
  });

  it('messages that a device does not take count too', async (under) => {
    const { device, forwarder, unread } = under;
    const closed = new Promise<number>((resolve) => {
      device.serveSocket = (socket: WebSocket) => socket.once('close', resolve);
    });
    const bridged = await new RecordedBridge(forwarder).open();
    bridged.bridge.message(Buffer.alloc(CROWD * PROMISED_BYTES), true);
    await bridged.over();
    assert.equal(bridged.isOverrun, true);
    await closed;
    assert.equal(unread.unreadBytes, 0);
  });

  it('messages that a caller does not take count, and beyond all bounds it is told so', async (under) => {
    const { device, forwarder, unread } = under;
    const closed = new Promise<number>((resolve) => {
      device.serveSocket = (socket: WebSocket) => {
        socket.once('close', resolve);
        socket.send(Buffer.alloc(10));
        socket.once('message', () => socket.send(Buffer.alloc(CROWD * PROMISED_BYTES)));
      };
    });
    const bridged = new RecordedBridge(forwarder);
    bridged.holding = true;
    await bridged.open();
    await bridged.until(() => bridged.messages.length === 1);
    await settled(() => unread.unreadBytes);
    assert.equal(unread.unreadBytes, PROMISED_BYTES);
    bridged.bridge.consumed(10);
    assert.equal(unread.unreadBytes, 0);
    bridged.bridge.message(Buffer.from('more'), false);
    await bridged.over();
    assert.equal(bridged.isOverrun, true);
    assert.equal(await closed, 1008);
    assert.equal(unread.unreadBytes, 0);
  });
}

for (const [name, open] of IMPLEMENTATIONS) unreadContract(name, open);
