import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pino } from 'pino';
import {
  PATIENCE_MS,
  type Reader,
  type Unread,
  UnreadBudget,
} from '../../../src/tunnel/forward/unread-budget.js';
import { INITIAL_WINDOW } from '../../../src/tunnel/yamux/constants.js';
import { ManualClock } from '../../actors/kit.js';

const PROMISED_BYTES = INITIAL_WINDOW;
const KIB = 1024;
const MIB = 1024 * KIB;
const BYTES = 16 * MIB;
const SHARE = BYTES / 4;
/** Readers that fill a user's share. */
const FULL = SHARE / PROMISED_BYTES;

/** A reader of the test, which keeps what it is told. */
class Slow implements Reader {
  readonly user: string;
  cutAt: number | undefined;
  held = 0;
  readonly #stand: Stand;
  readonly #unread: Unread;

  constructor(stand: Stand, user: string) {
    this.user = user;
    this.#stand = stand;
    this.#unread = stand.budget.reader(user, this);
  }

  hold(held: number, promised = PROMISED_BYTES): this {
    if (held < this.held) this.#unread.take(held);
    this.held = held;
    this.#unread.hold(held, promised);
    return this;
  }

  leave(): void {
    this.held = 0;
    this.#unread.release();
  }

  get counted(): number {
    return this.#unread.bytes;
  }

  evict(): void {
    assert.equal(this.cutAt, undefined, 'cut twice');
    this.cutAt = this.#stand.clock.now();
    this.held = 0;
  }
}

class Stand {
  readonly clock = new ManualClock();
  readonly counts = { unreadBytes: 0, unreadRefused: 0, unreadCut: 0 };
  readonly budget: UnreadBudget;

  constructor(bytes = BYTES) {
    this.budget = new UnreadBudget({
      bytes,
      counts: this.counts,
      log: pino({ level: 'silent' }),
      clock: this.clock,
    });
  }

  slow(user: string): Slow {
    return new Slow(this, user);
  }

  /** That many of them, each of which has left one byte. */
  crowd(user: string, size: number): Slow[] {
    return Array.from({ length: size }, () => this.slow(user).hold(1));
  }
}

test('B1: a reader that leaves a byte counts with all that its device may still send, one that has it all counts with what is left', () => {
  const stand = new Stand();
  const reader = stand.slow('alice').hold(1);
  assert.equal(stand.counts.unreadBytes, PROMISED_BYTES);
  reader.hold(PROMISED_BYTES + 5);
  assert.equal(stand.counts.unreadBytes, PROMISED_BYTES + 5);
  reader.hold(7, 0);
  assert.equal(stand.counts.unreadBytes, 7);
  reader.hold(0);
  assert.equal(stand.counts.unreadBytes, 0);
});

test('B1: at its share a user is refused, and no other is', () => {
  const stand = new Stand();
  const [first] = stand.crowd('alice', FULL - 1);
  assert.equal(stand.budget.refuses('alice'), false);
  stand.crowd('alice', 1);
  assert.equal(stand.budget.refuses('alice'), true);
  assert.equal(stand.budget.refuses('bob'), false);
  assert.equal(stand.counts.unreadRefused, 1);
  first?.leave();
  assert.equal(stand.budget.refuses('alice'), false);
});

test('B1: at the budget everybody is refused', () => {
  const stand = new Stand();
  for (const user of ['a', 'b', 'c', 'd']) stand.crowd(user, FULL - 1);
  assert.equal(stand.budget.refuses('nobody'), false);
  for (const user of ['a', 'b', 'c', 'd']) stand.crowd(user, 1);
  assert.equal(stand.budget.refuses('nobody'), true);
});

test('B1: who has stalled longest is cut, after 30 s at the earliest, and no more of them than it takes', () => {
  const stand = new Stand();
  const readers = stand.crowd('alice', FULL - 1);
  stand.clock.advance(1000);
  const last = stand.crowd('alice', 2);
  stand.clock.advance(PATIENCE_MS - 2000);
  assert.equal(stand.counts.unreadCut, 0);
  stand.clock.advance(2000);
  const cut = readers.filter(({ cutAt }) => cutAt !== undefined);
  assert.deepEqual(cut, readers.slice(0, 2));
  for (const { cutAt = 0 } of cut) assert.ok(cutAt >= PATIENCE_MS, `${cutAt}`);
  assert.equal(stand.budget.refuses('alice'), false);
  stand.clock.advance(10 * PATIENCE_MS);
  assert.equal(stand.counts.unreadCut, 2);
  assert.deepEqual([...readers, ...last].filter(({ held }) => held > 0).length, FULL - 1);
});

test('B1: below the budget nobody is cut, however long he stalls', () => {
  const stand = new Stand();
  stand.crowd('alice', FULL - 1);
  stand.clock.advance(100 * PATIENCE_MS);
  assert.equal(stand.counts.unreadCut, 0);
  assert.equal(stand.clock.pending, 0);
});

test('B1: a reader that keeps pace is not cut before those that do not, and one that takes a byte now and then does not', () => {
  const stand = new Stand();
  const steady = stand.slow('alice').hold(PROMISED_BYTES);
  const drop = stand.slow('alice').hold(PROMISED_BYTES);
  const readers = stand.crowd('alice', FULL - 3);
  for (let second = 1; second <= 40; second += 1) {
    stand.clock.advance(1000);
    steady.hold(PROMISED_BYTES - 4 * KIB).hold(PROMISED_BYTES);
    drop.hold(PROMISED_BYTES - 1).hold(PROMISED_BYTES);
  }
  readers.push(...stand.crowd('alice', 2));
  stand.clock.advance(1000);
  assert.equal(steady.cutAt, undefined);
  assert.notEqual(drop.cutAt, undefined);
});

test('B1: what was let in before the refusals began has room, and takes it from nobody else', () => {
  const stand = new Stand();
  stand.crowd('alice', 5 * FULL);
  assert.equal(stand.counts.unreadCut, 0);
  assert.equal(stand.budget.refuses('alice'), true);
  assert.equal(stand.budget.refuses('bob'), false);
});

test('B1: beyond the budget and a share, a reader of who has most makes room at once, the longest', () => {
  const stand = new Stand();
  const [bobs] = stand.crowd('bob', 1);
  const alices = stand.crowd('alice', 5 * FULL - 1);
  const [last] = stand.crowd('carol', 1);
  assert.notEqual(alices[0]?.cutAt, undefined);
  assert.equal(stand.counts.unreadCut, 1);
  assert.deepEqual([bobs?.cutAt, last?.cutAt], [undefined, undefined]);
});

test('B1: a message beyond all bounds ends its own reader', () => {
  const stand = new Stand(MIB);
  const other = stand.slow('bob').hold(1);
  const reader = stand.slow('alice').hold(16 * MIB);
  assert.notEqual(reader.cutAt, undefined);
  assert.equal(other.cutAt, undefined);
  assert.equal(stand.counts.unreadBytes, PROMISED_BYTES);
});

test('B1: whatever readers do, the sum is right, the bounds hold, and there is room again in the end', () => {
  const op = fc.oneof(
    fc.record({
      kind: fc.constant('hold' as const),
      at: fc.nat(39),
      held: fc.nat(3 * PROMISED_BYTES),
      promised: fc.constantFrom(0, PROMISED_BYTES, 4 * PROMISED_BYTES),
    }),
    fc.record({ kind: fc.constant('leave' as const), at: fc.nat(39) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(40_000) }),
  );
  const size = 4 * MIB;
  fc.assert(
    fc.property(fc.array(op, { maxLength: 200 }), (ops) => {
      const stand = new Stand(size);
      const users = ['a', 'b', 'c', 'd', 'e'];
      const fresh = (at: number): Slow => stand.slow(users[at % users.length] ?? '');
      const readers = Array.from({ length: 40 }, (_, at) => fresh(at));
      const ofUser = (user: string): number =>
        readers.reduce((sum, reader) => sum + (reader.user === user ? reader.counted : 0), 0);
      const check = (): void => {
        const total = users.reduce((sum, user) => sum + ofUser(user), 0);
        const due = users.reduce((sum, user) => sum + Math.min(ofUser(user), size / 4), 0);
        assert.equal(stand.counts.unreadBytes, total);
        assert.ok(total <= size + size / 4);
        for (const user of users) {
          assert.equal(stand.budget.refuses(user), due >= size || ofUser(user) >= size / 4);
        }
      };
      for (const each of ops) {
        if (each.kind === 'wait') stand.clock.advance(each.ms);
        else {
          const reader = readers[each.at];
          // A reader that was cut is gone; another one comes.
          if (reader?.cutAt !== undefined) readers[each.at] = fresh(each.at);
          else if (each.kind === 'leave') reader?.leave();
          else reader?.hold(each.held, each.promised);
        }
        check();
      }
      stand.clock.advance(PATIENCE_MS + 1000);
      check();
      for (const user of users) assert.equal(stand.budget.refuses(user), false);
      for (const reader of readers) reader.leave();
      assert.equal(stand.counts.unreadBytes, 0);
    }),
  );
});
