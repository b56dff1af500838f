import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { COPY_BYTES, SPARE_BATCHES } from '../../../src/actors/limits.js';
import { PING_ENTRY, TELL_ENTRY } from '../../../src/actors/link/entry.js';
import { defaultBounds, type EntryHandler, Link } from '../../../src/actors/link/link.js';
import type { Codec, PackReader } from '../../../src/actors/pack.js';
import { sized } from '../../support/sized.js';
import { text } from '../echo-kind.js';
import { FakeTransport } from '../loopback.js';

const BOUNDS = { softBytes: 400, hardBytes: 1000 };
const HEADER_AND_LENGTH = 13;

/** A test is one turn of the loop, whose time to read must not run out. */
function stopClock(t: TestContext): void {
  t.mock.method(performance, 'now', () => 1);
}

/** The receiving side: keeps what it reads, and holds some of it until `handle`. */
class Receiver implements EntryHandler {
  readonly messages: string[] = [];
  readonly #held: number[] = [];
  hold = false;

  entry(_type: number, _actor: number, body: PackReader, bytes: number): number {
    this.messages.push(body.utf8());
    if (!this.hold) return 0;
    this.#held.push(bytes);
    return bytes;
  }

  handle(link: Link): void {
    for (const bytes of this.#held.splice(0)) link.consumed(bytes);
  }
}

/** Two ends of a transport: what is posted waits to be released. */
function heldTransports() {
  const [there, back] = [new FakeTransport(), new FakeTransport()];
  there.peer = back;
  back.peer = there;
  there.held = true;
  back.held = true;
  return { there, back };
}

/** Beyond what any test of buffers has under way. */
const WIDE = { softBytes: 1e6, hardBytes: 1e7 };

/** Sends batches of two large messages both ways, three times; `to` reads those of the other end. */
function exchangeLarge(handlerOf: (to: () => Link) => EntryHandler, afterReading: () => void = () => {}) {
  const { there, back } = heldTransports();
  const from = new Link(there, { entry: () => 0 }, WIDE);
  const to: Link = new Link(
    back,
    handlerOf(() => to),
    WIDE,
  );
  for (let round = 0; round < 3; round++) {
    for (const link of [from, from, to, to]) link.tell(1, text, 'x'.repeat(COPY_BYTES));
    from.flush();
    there.release();
    there.held = true;
    afterReading();
    to.flush();
  }
  for (const link of [from, to]) link.close();
  const isReused = back.given.some((buffer) => there.given.includes(buffer));
  return { isReused, away: [...back.given, ...back.surplus] };
}

function pair() {
  const { there, back } = heldTransports();
  const receiver = new Receiver();
  const sender = new Link(there, { entry: () => 0 }, BOUNDS);
  const receiving = new Link(back, receiver, BOUNDS);
  /** Both sides post, and both read: a round trip. */
  const exchange = () => {
    sender.flush();
    there.release();
    receiving.flush();
    back.release();
    there.held = true;
    back.held = true;
  };
  return { sender, receiving, receiver, exchange };
}

type Step =
  | { readonly type: 'tell'; readonly length: number }
  | { readonly type: 'flush' | 'exchange' | 'hold' | 'handle' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant('tell'), length: fc.nat(200) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('flush', 'exchange', 'hold', 'handle') }) },
);

test('whatever is sent, held and credited: order is kept, nothing is lost, and the bounds hold', (t) => {
  stopClock(t);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
      const { sender, receiving, receiver, exchange } = pair();
      const sent: string[] = [];
      steps.forEach((each, index) => {
        if (each.type === 'tell') {
          const message = `${index}`.padEnd(each.length, '.');
          const depth = sender.depthBytes;
          const accepted = sender.tell(1, text, message);
          assert.equal(accepted, depth < BOUNDS.hardBytes);
          if (accepted) sent.push(message);
          assert.equal(sender.depthBytes, accepted ? depth + HEADER_AND_LENGTH + message.length : depth);
        } else if (each.type === 'flush') sender.flush();
        else if (each.type === 'exchange') exchange();
        else if (each.type === 'hold') receiver.hold = true;
        else {
          receiver.hold = false;
          receiver.handle(receiving);
        }
        assert.equal(sender.writable, sender.depthBytes < BOUNDS.softBytes);
      });
      receiver.hold = false;
      exchange();
      receiver.handle(receiving);
      exchange();
      assert.deepEqual(receiver.messages, sent);
      assert.equal(sender.depthBytes, 0);
      sender.close();
      receiving.close();
    }),
  );
});

test('a receiver that owes a quarter of the soft bound posts credit by itself', async () => {
  const { sender, receiving, receiver } = pair();
  const [there, back] = [new FakeTransport(), new FakeTransport()];
  there.peer = back;
  back.peer = there;
  const from = new Link(there, { entry: () => 0 }, BOUNDS);
  const to = new Link(back, receiver, BOUNDS);
  from.tell(1, text, 'x'.repeat(BOUNDS.softBytes / 4 - HEADER_AND_LENGTH - 1));
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(back.posted.length, 0, 'one byte less is not worth a batch');
  from.tell(1, text, '');
  while (from.depthBytes > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(back.posted.length, 1);
  for (const link of [from, to, sender, receiving]) link.close();
});

test('a closed link refuses and posts nothing', () => {
  const { sender, receiving, receiver, exchange } = pair();
  sender.tell(1, text, 'packed, never posted');
  sender.close();
  assert.equal(sender.tell(1, text, 'refused'), false);
  sender.send(1, 1);
  exchange();
  assert.deepEqual(receiver.messages, []);
  receiving.close();
});

/** Parts of a text: what follows for the same actor is joined, unless it begins with a dot. */
const parts: Codec<string> = {
  write: (message, out) => out.raw(Buffer.from(message)),
  join: (message, out) => {
    if (message.startsWith('.')) return false;
    out.raw(Buffer.from(message));
    return true;
  },
  read: (from) => from.rest().toString(),
};

type Sending = { readonly actor: number; readonly part: string } | 'flush' | 'system entry';

const sending: fc.Arbitrary<Sending> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ actor: fc.constantFrom(1, 2), part: fc.string({ unit: 'grapheme-ascii' }) }),
  },
  { weight: 2, arbitrary: fc.constantFrom('flush' as const, 'system entry' as const) },
);

test('a message is joined to the one before it for the same actor in the same batch, if the codec does so', (t) => {
  stopClock(t);
  fc.assert(
    fc.property(fc.array(sending), (sendings) => {
      const [there, back] = [new FakeTransport(), new FakeTransport()];
      there.peer = back;
      back.peer = there;
      const heard: string[] = [];
      const sender = new Link(there, { entry: () => 0 }, defaultBounds);
      const receiving = new Link(
        back,
        {
          entry: (type, actor, body) => {
            heard.push(type === TELL_ENTRY ? `${actor}:${parts.read(body)}` : 'system');
            return 0;
          },
        },
        defaultBounds,
      );
      const expected: string[] = [];
      let last = 0;
      for (const each of sendings) {
        if (each === 'flush') {
          sender.flush();
          last = 0;
        } else if (each === 'system entry') {
          sender.send(PING_ENTRY, 1);
          expected.push('system');
          last = 0;
        } else {
          const { actor, part } = each;
          sender.tell(actor, parts, part);
          if (last === actor && !part.startsWith('.')) expected.push(`${expected.pop()}${part}`);
          else expected.push(`${actor}:${part}`);
          last = actor;
        }
      }
      sender.flush();
      there.release();
      assert.deepEqual(heard, expected);
      assert.equal(sender.stats.sentMessages, expected.length);
      assert.equal(receiving.stats.receivedMessages, expected.length);
      sender.close();
      receiving.close();
    }),
  );
});

for (const { what, reads, holds, isReused } of [
  { what: 'only lends', reads: ['lent', 'lent'], holds: false, isReused: true },
  { what: 'lends and gives to keep', reads: ['lent', 'kept'], holds: false, isReused: false },
  { what: 'gives to keep and lends', reads: ['kept', 'lent'], holds: false, isReused: false },
  { what: 'lends to an actor that is busy', reads: ['lent', 'lent'], holds: true, isReused: false },
] as const) {
  test(`a batch that ${what} ${isReused ? 'carries' : 'does not carry'} a later one back`, (t) => {
    stopClock(t);
    let read = 0;
    const handler: EntryHandler = {
      entry(_type, _actor, body, bytes) {
        if (reads[read++ % 2] === 'lent') body.lent();
        else body.rest();
        return holds ? bytes : 0;
      },
    };
    assert.equal(exchangeLarge(() => handler).isReused, isReused);
  });
}

for (const { what, reads, releases, isReused } of [
  { what: 'all of them', reads: ['leased', 'leased'], releases: 2, isReused: true },
  { what: 'all but one of them', reads: ['leased', 'leased'], releases: 1, isReused: false },
  { what: 'all, and others are lent', reads: ['leased', 'lent'], releases: 2, isReused: true },
  { what: 'all, and others are kept', reads: ['leased', 'rest'], releases: 2, isReused: false },
] as const) {
  for (const when of ['by the handler that gets them', 'later'] as const) {
    test(`leased ranges of a batch are released ${when}, ${what}: it is ${isReused ? '' : 'not '}used again`, (t) => {
      stopClock(t);
      const leased: (() => void)[] = [];
      let read = 0;
      const handlerOf = (to: () => Link): EntryHandler => ({
        entry(_type, _actor, body) {
          const index = read++ % 2;
          const range = body[reads[index]!]();
          const release = () => {
            to().release(Buffer.from('of this range the link knows nothing'));
            to().release(range.subarray());
            for (let times = 0; times < 2; times++) to().release(range);
          };
          if (index >= releases) return 0;
          if (when === 'later') leased.push(release);
          else release();
          return 0;
        },
      });
      const { isReused: wasReused, away } = exchangeLarge(handlerOf, () => {
        for (const release of leased.splice(0)) release();
      });
      assert.equal(wasReused, isReused);
      assert.equal(new Set(away).size, away.length, 'no buffer was given away twice');
    });
  }
}

test('an end that reads more batches than it posts gives their buffers back', (t) => {
  stopClock(t);
  const { there, back } = heldTransports();
  const lends: EntryHandler = {
    entry: (_type, _actor, body) => {
      body.lent();
      return 0;
    },
  };
  const from = new Link(there, lends, WIDE);
  const to = new Link(back, lends, WIDE);
  const buffers = new Set<ArrayBufferLike>();
  for (let round = 0; round < sized(20, 1000); round++) {
    for (let i = 0; i < SPARE_BATCHES; i++) {
      from.tell(1, text, 'x'.repeat(2 * COPY_BYTES));
      from.flush();
    }
    there.release();
    to.tell(1, text, '');
    to.flush();
    back.release();
    there.held = true;
    back.held = true;
    for (const each of there.given.splice(0)) buffers.add(each);
  }
  assert.ok(back.surplus.length > 0);
  assert.ok(buffers.size <= 3 * SPARE_BATCHES, `${buffers.size} buffers for ${20 * SPARE_BATCHES} batches`);
  for (const link of [from, to]) link.close();
});

test('what waits for the next turn is read at once when the link is drained, and not at all when it is closed', async (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  for (const end of ['drain', 'close'] as const) {
    const [there, back] = [new FakeTransport(), new FakeTransport()];
    there.peer = back;
    back.peer = there;
    there.held = true;
    const heard: string[] = [];
    const handler: EntryHandler = {
      entry(_type, _actor, body) {
        heard.push(body.utf8());
        now += 1;
        return 0;
      },
    };
    const from = new Link(there, { entry: () => 0 }, defaultBounds);
    const to = new Link(back, handler, defaultBounds);
    const sent = Array.from({ length: 100 }, (_, i) => `${i}`);
    for (const message of sent) from.tell(1, text, message);
    from.flush();
    there.release();
    const first = heard.length;
    assert.ok(first > 0 && first < sent.length);
    to[end]();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(heard, end === 'drain' ? sent : sent.slice(0, first));
    for (const link of [from, to]) link.close();
  }
});

test('all batches of a turn share its time', async (t) => {
  let now = 1;
  t.mock.method(performance, 'now', () => now);
  const { sender, receiving, receiver, exchange } = pair();
  const entry = receiver.entry.bind(receiver);
  // Each message takes a millisecond, and the clock is looked at every 16.
  receiver.entry = (...args) => {
    now += 1;
    return entry(...args);
  };
  for (let batch = 0; batch < 3; batch++) {
    for (let i = 0; i < 8; i++) sender.tell(1, text, `${batch}.${i}`);
    exchange();
  }
  const inTurn = receiver.messages.length;
  assert.ok(inTurn < 24, `${inTurn} messages in a turn`);
  while (receiver.messages.length < 24) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(receiver.messages.at(-1), '2.7');
  receiving.close();
  sender.close();
});
