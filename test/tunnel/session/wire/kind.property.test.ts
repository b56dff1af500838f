import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PackReader, PackWriter, unpooled } from '../../../../src/actors/pack.js';
import { FORWARD_FAILURES } from '../../../../src/contract/call.js';
import { CLOSE_REASONS } from '../../../../src/contract/session.js';
import { SESSION } from '../../../../src/tunnel/session/wire/kind.js';
import type { SessionIn } from '../../../../src/tunnel/session/wire/session-in.js';
import type { SessionOut, SessionOutWritten } from '../../../../src/tunnel/session/wire/session-out.js';

const u32 = fc.nat(0xffff_ffff);
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
const utf8 = fc.string({ unit: 'grapheme' });
const texts = fc.array(latin1, { maxLength: 20 });

const incoming: fc.Arbitrary<SessionIn> = fc.oneof(
  fc.record({ kind: fc.constant('received' as const), bytes }),
  fc.record({ kind: fc.constant('sent' as const), bytes: u32 }),
  fc.record({
    kind: fc.constant('open' as const),
    exchange: u32,
    mode: fc.constantFrom('http' as const, 'http-head' as const, 'raw' as const),
    chunked: fc.boolean(),
    hasBody: fc.boolean(),
    head: bytes,
  }),
  fc.record({ kind: fc.constant('body' as const), exchange: u32, last: fc.boolean(), bytes }),
  fc.record({ kind: fc.constant('consumed' as const), exchange: u32, bytes: u32 }),
  fc.record({ kind: fc.constant('abort' as const), exchange: u32 }),
  fc.record({
    kind: fc.constant('ws-open' as const),
    exchange: u32,
    target: latin1,
    headers: texts,
    protocols: texts,
  }),
  fc.record({ kind: fc.constant('ws-message' as const), exchange: u32, binary: fc.boolean(), bytes }),
  fc.record({
    kind: fc.constant('ws-close' as const),
    exchange: u32,
    code: fc.nat(0xffff),
    reason: utf8,
  }),
  fc.constantFrom<SessionIn>({ kind: 'drain' }, { kind: 'close' }, { kind: 'tick' }),
);

const outgoing: fc.Arbitrary<Exclude<SessionOutWritten, { kind: 'transmit' }>> = fc.oneof(
  fc.record({
    kind: fc.constant('head' as const),
    exchange: u32,
    status: fc.integer({ min: 100, max: 599 }),
    reason: latin1,
    contentLength: fc.option(fc.maxSafeNat(), { nil: undefined }),
    bodyless: fc.boolean(),
    complete: fc.boolean(),
    headers: texts,
    body: bytes,
  }),
  fc.record({ kind: fc.constant('data' as const), exchange: u32, bytes }),
  fc.record({ kind: fc.constant('end' as const), exchange: u32 }),
  fc.record({ kind: fc.constant('credit' as const), exchange: u32, bytes: u32 }),
  fc.record({ kind: fc.constant('window' as const), exchange: u32, bytes: u32 }),
  fc.record({
    kind: fc.constant('fail' as const),
    exchange: u32,
    code: fc.constantFrom(...FORWARD_FAILURES),
    reached: fc.boolean(),
    detail: utf8,
  }),
  fc.record({ kind: fc.constant('ws-opened' as const), exchange: u32, protocol: latin1 }),
  fc.record({ kind: fc.constant('ws-message' as const), exchange: u32, binary: fc.boolean(), bytes }),
  fc.record({
    kind: fc.constant('ws-closed' as const),
    exchange: u32,
    code: fc.nat(0xffff),
    reason: utf8,
  }),
  fc.record({ kind: fc.constant('read' as const), bytes: u32 }),
  fc.record({
    kind: fc.constant('heartbeat' as const),
    roundTripMs: fc.double({ noNaN: true }),
    windowStalls: u32,
    resets: u32,
  }),
  fc.record({ kind: fc.constant('ended' as const), reason: fc.constantFrom(...CLOSE_REASONS), detail: utf8 }),
);

test('every message to a session is read as it was written', () => {
  fc.assert(
    fc.property(incoming, (message) => {
      const out = new PackWriter(unpooled(16));
      SESSION.in.write(message, out);
      assert.deepEqual(SESSION.in.read(new PackReader(out.bytes, 0, out.length)), { ...message });
    }),
  );
});

test('bytes from a device are joined to bytes from a device, and to nothing else', () => {
  fc.assert(
    fc.property(incoming, bytes, (before, more) => {
      const out = new PackWriter(unpooled(16));
      SESSION.in.write(before, out);
      const length = out.length;
      const joined = SESSION.in.join?.({ kind: 'received', bytes: more }, out, 0);
      const read = SESSION.in.read(new PackReader(out.bytes, 0, out.length));
      if (before.kind === 'received') {
        assert.equal(joined, true);
        assert.deepEqual(read, { kind: 'received', bytes: Buffer.concat([before.bytes, more]) });
      } else {
        assert.equal(joined, false);
        assert.equal(out.length, length);
      }
      const other: SessionIn = { kind: 'tick' };
      assert.equal(SESSION.in.join?.(other, out, 0), false);
    }),
  );
});

test('every message of a session is read as it was written', () => {
  fc.assert(
    fc.property(outgoing, (message) => {
      const out = new PackWriter(unpooled(16));
      SESSION.out.write(message, out);
      const read: SessionOut = SESSION.out.read(new PackReader(out.bytes, 0, out.length));
      assert.deepEqual(read, { ...message });
    }),
  );
});

test("body bytes of an exchange are joined to the same exchange's, and to nothing else", () => {
  fc.assert(
    fc.property(outgoing, u32, bytes, (before, exchange, more) => {
      const out = new PackWriter(unpooled(16));
      SESSION.out.write(before, out);
      const length = out.length;
      const isSame = before.kind === 'data' && before.exchange === exchange;
      assert.equal(SESSION.out.join?.({ kind: 'data', exchange, bytes: more }, out, 0), isSame);
      assert.equal(out.length, isSame ? length + more.length : length);
      if (before.kind !== 'data') return;
      const own = before.exchange;
      assert.equal(SESSION.out.join?.({ kind: 'end', exchange: own }, out, 0), false);
      assert.equal(SESSION.out.join?.({ kind: 'data', exchange: own, bytes: more }, out, 0), true);
      const parts = isSame ? [before.bytes, more, more] : [before.bytes, more];
      const read = SESSION.out.read(new PackReader(out.bytes, 0, out.length));
      assert.deepEqual(read, { kind: 'data', exchange: own, bytes: Buffer.concat(parts) });
    }),
  );
});

test('a message of an unknown kind is refused', () => {
  assert.throws(() => SESSION.in.read(new PackReader(Buffer.from([99]))), RangeError);
  assert.throws(() => SESSION.out.read(new PackReader(Buffer.from([99]))), RangeError);
});
