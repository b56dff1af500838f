// These are the bounds of the device client's calls, over a forwarder that does what the test says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NO_CALL, UPLOAD_CREDIT } from '../../../src/contract/call.js';
import type { BridgeSink } from '../../../src/contract/websocket.js';
import { DeviceClient } from '../../../src/devices/client/device-client.js';
import { answer, FakeForwarder, head } from '../../http/kit.js';
import { failsWith, is, NOWHERE, Source, Watched, WITH } from './kit.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A client whose next call waits for the test. */
function startCall(body?: Source, length?: number, signal?: AbortSignal) {
  const forwarder = new FakeForwarder();
  forwarder.serve = () => {};
  const response = new DeviceClient(forwarder).request(NOWHERE, {
    ...WITH,
    method: 'PUT',
    path: '/',
    signal,
    ...(body !== undefined && { body: { source: body, length } }),
  });
  // What it rejects with is looked at later.
  response.catch(() => {});
  return { call: forwarder.last, response };
}

test('however chunks and credit fall, all bytes go in order, and no more than the credit is out', async () => {
  const CHUNKS = fc.array(fc.nat(UPLOAD_CREDIT * 2), { maxLength: 8 });
  const CREDITS = fc.infiniteStream(fc.integer({ min: 1, max: UPLOAD_CREDIT }));
  await fc.assert(
    fc.asyncProperty(CHUNKS, CREDITS, fc.boolean(), async (chunks, credits, isSized) => {
      const total = chunks.reduce((sum, size) => sum + size, 0);
      let filled = 0;
      const source = new Source((index) => {
        const size = chunks[index];
        if (size === undefined) return undefined;
        return Buffer.alloc(size, filled++ % 256);
      });
      const { call, response } = startCall(source, isSized ? total : undefined);
      let credited = 0;
      const sent = (): number => call.parts.reduce((sum, part) => sum + part.length, 0);
      while (!call.ended && !(isSized && total === 0)) {
        await turn();
        const out = sent() - credited;
        assert.ok(out <= UPLOAD_CREDIT, `${out} bytes are out`);
        const bytes = Math.min(out, credits.next().value as number);
        credited += bytes;
        call.sink.credit(bytes);
      }
      assert.equal(sent(), total);
      const expected = Buffer.concat(chunks.map((size, i) => Buffer.alloc(size, i % 256)));
      assert.ok(Buffer.concat(call.parts).equals(expected));
      answer(call, 'done');
      assert.equal(String(await (await response).bytes(4)), 'done');
    }),
    { numRuns: 30 },
  );
});

test('a source is read no further than its credit goes', async () => {
  const source = new Source(() => Buffer.alloc(UPLOAD_CREDIT / 2));
  const watched = new Watched();
  const { call, response } = startCall(source, undefined, watched.signal);
  for (let i = 0; i < 10; i++) await turn();
  assert.equal(source.pulled, 2);
  call.sink.credit(1);
  for (let i = 0; i < 10; i++) await turn();
  assert.equal(source.pulled, 3);
  watched.abort();
  await assert.rejects(response, is(watched.reason));
  await turn();
  assert.deepEqual([source.isClosed, call.aborted, watched.listeners], [true, true, 0]);
});

test('each byte of an answer is consumed when its reader takes it, and none twice', async () => {
  const { call, response } = startCall();
  call.sink.head(head(), Buffer.from('one'), false);
  call.sink.data(Buffer.from('second'));
  const { body } = await response;
  assert.equal(call.consumedBytes, 0);
  const consumed: number[] = [];
  for await (const chunk of body) {
    consumed.push(chunk.length, call.consumedBytes);
    if (consumed.length === 4) call.sink.end();
  }
  assert.deepEqual(consumed, [3, 3, 6, 9]);
  assert.equal(call.aborted, false);
});

test('lent bytes are copied', async () => {
  const { call, response } = startCall();
  const lent = Buffer.from('first');
  call.sink.head(head(), lent, false);
  lent.fill(0);
  call.sink.end();
  assert.equal(String(await (await response).bytes(10)), 'first');
});

test('an answer that is cut after its end, unread, does not pass for a whole one', async () => {
  const { call, response } = startCall();
  call.sink.head(head(), Buffer.from('some'), true);
  const { body } = await response;
  call.sink.fail({ code: 'overloaded', detail: 'the answer was not read' });
  await assert.rejects(async () => {
    for await (const _chunk of body) assert.fail('it was dropped');
  }, failsWith('overloaded'));
  assert.equal(call.consumedBytes, 0);
});

test('an answer that is too long is given up before it has all come', async () => {
  const { call, response } = startCall();
  call.sink.head(head(), Buffer.alloc(600), false);
  call.sink.data(Buffer.alloc(600));
  await assert.rejects((await response).bytes(1000), failsWith('bad-device-response'));
  assert.equal(call.aborted, true);
});

test('a failure inside the forwarder, before it returns, leaves nothing', async () => {
  const forwarder = new FakeForwarder();
  forwarder.forward = (_target, _request, sink) => {
    sink.fail({ code: 'overloaded', detail: 'full' });
    return NO_CALL;
  };
  const watched = new Watched();
  const call = new DeviceClient(forwarder).ping(NOWHERE, { ...WITH, signal: watched.signal, deadlineMs: 10 });
  await assert.rejects(call, failsWith('overloaded'));
  assert.equal(watched.listeners, 0);
});

test('a WebSocket gives credit for each message when its reader takes it', async () => {
  const forwarder = new FakeForwarder();
  let sink: BridgeSink | undefined;
  let consumed = 0;
  const closes: number[] = [];
  forwarder.bridgeWith = (_request, made) => {
    sink = made;
    return { message: () => true, consumed: (n) => (consumed += n), close: (code) => void closes.push(code) };
  };
  const opening = new DeviceClient(forwarder).subscribe(NOWHERE, { ...WITH, path: '/' });
  sink?.opened('');
  const socket = await opening;
  const lent = Buffer.from('héllo');
  sink?.message(lent, false);
  lent.fill(0);
  sink?.message(Buffer.alloc(10), true);
  assert.equal(consumed, 0);
  const seen: number[] = [];
  for await (const message of socket) {
    seen.push(consumed);
    if (typeof message !== 'string') break;
    assert.equal(message, 'héllo');
  }
  assert.deepEqual([seen, closes], [[6, 16], [1000]]);
  sink?.message(Buffer.alloc(10), true);
  assert.equal(consumed, 16);
});

test('what was left unread too long fails a WebSocket', async () => {
  const forwarder = new FakeForwarder();
  let sink: BridgeSink | undefined;
  forwarder.bridgeWith = (_request, made) => {
    sink = made;
    return { message: () => true, consumed() {}, close: () => assert.fail('it is over already') };
  };
  const opening = new DeviceClient(forwarder).subscribe(NOWHERE, { ...WITH, path: '/' });
  sink?.opened('');
  const socket = await opening;
  sink?.message(Buffer.alloc(10), true);
  sink?.overrun();
  await assert.rejects(async () => {
    for await (const _message of socket) assert.fail('it was dropped');
  }, failsWith('overloaded'));
});

test("a WebSocket's deadline is for the handshake alone", async () => {
  const forwarder = new FakeForwarder();
  let sink: BridgeSink | undefined;
  forwarder.bridgeWith = (_request, made) => {
    sink = made;
    return { message: () => true, consumed() {}, close() {} };
  };
  const opening = new DeviceClient(forwarder).subscribe(NOWHERE, { ...WITH, path: '/', deadlineMs: 10 });
  sink?.opened('');
  const socket = await opening;
  await new Promise((resolve) => setTimeout(resolve, 30));
  sink?.message(Buffer.from('still here'), false);
  for await (const message of socket) {
    assert.equal(message, 'still here');
    break;
  }
});
