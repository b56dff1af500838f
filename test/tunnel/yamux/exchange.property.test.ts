import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MuxStream, StreamHandler, YamuxError } from '../../../src/tunnel/yamux/contract.js';
import { sized } from '../../support/sized.js';
import { DATA, type End, pair, parse, WINDOW } from './harness.js';

const INITIAL = 256 << 10;
const MOST = 600 << 10;
/** Byte `i` of every stream in both directions. */
const PATTERN = Buffer.from(Array.from({ length: MOST + 1 }, (_, i) => (i * 7 + (i >> 8)) & 0xff));

/** One end of one stream: what it sent, what came, what was not read. */
class Party implements StreamHandler {
  stream: MuxStream | undefined;
  written = 0;
  received = 0;
  unread = 0;
  /** Chunks that the stream has, the oldest first. */
  readonly lent: Buffer[] = [];
  hasEnded = false;
  sawEnd = false;
  isReset = false;
  isKiller = false;
  isBlocked = false;
  error: YamuxError | undefined;

  data(stream: MuxStream, chunk: Uint8Array): void {
    assert.ok(!this.isReset && !this.sawEnd, 'data after the last event');
    assert.ok(PATTERN.subarray(this.received, this.received + chunk.length).equals(chunk), 'bytes in order');
    this.stream = stream;
    this.received += chunk.length;
    this.unread += chunk.length;
    if (stream.id % 3 === 0) this.read(1);
  }
  end(): void {
    assert.ok(!this.isReset && !this.sawEnd, 'one end');
    this.sawEnd = true;
  }
  reset(_stream: MuxStream, error: YamuxError): void {
    assert.ok(!this.isReset, 'one reset');
    this.error = error;
    this.isReset = true;
  }
  encoded(chunk: Uint8Array): void {
    assert.equal(chunk, this.lent.shift(), 'chunks come back in order, once');
    chunk.fill('!');
  }
  drain(): void {
    assert.ok(!this.isReset && this.isBlocked, 'drain after a write that answered false');
    this.isBlocked = false;
  }
  write(size: number): void {
    if (this.hasEnded || this.isReset || this.written + size > MOST) return;
    const chunk = Buffer.from(PATTERN.subarray(this.written, this.written + size));
    if (size > 0) this.lent.push(chunk);
    const isOpen = this.stream?.write(chunk);
    this.written += size;
    if (!isOpen) this.isBlocked = true;
  }
  finish(later = false): void {
    if (later) this.stream?.endLater();
    else this.stream?.end();
    this.hasEnded = true;
  }
  read(part: number): void {
    if (this.isReset) return;
    const size = Math.ceil(this.unread * part);
    this.stream?.consumed(size);
    this.unread -= size;
  }
  kill(): void {
    if (this.stream?.state !== 'closed') this.isKiller = true;
    this.stream?.reset();
    this.isReset = true;
  }
}

/** Counts credit on the wire: no direction of a stream may ever send more than it was given. */
class Meter {
  readonly #left = new Map<number, number>();

  watch(bytes: Uint8Array, back: Meter): void {
    for (const each of parse(bytes)) {
      if (each.type === DATA) {
        const left = (this.#left.get(each.id) ?? INITIAL) - each.length;
        assert.ok(left >= 0, `stream ${each.id} went ${-left} bytes over its window`);
        this.#left.set(each.id, left);
      } else if (each.type === WINDOW) back.#add(each.id, each.length);
    }
  }
  #add(id: number, credit: number): void {
    this.#left.set(id, (this.#left.get(id) ?? INITIAL) + credit);
  }
}

class World {
  readonly relay: End;
  readonly device: End;
  readonly near: Party[] = [];
  readonly far = new Map<number, Party>();
  readonly #meters = new Map<End, Meter>();

  constructor() {
    const { relay, device } = pair({ keepaliveInterval: 1e12, maxWindow: 512 << 10 });
    this.relay = relay;
    this.device = device;
    for (const end of [relay, device]) {
      this.#meters.set(end, new Meter());
      end.accept = (stream) => {
        const party = new Party();
        party.stream = stream;
        this.far.set(stream.id, party);
        return party;
      };
    }
  }
  open(end: End): void {
    const party = new Party();
    party.stream = end.session.open(party);
    if (party.stream !== undefined) this.near.push(party);
  }
  get parties(): Party[] {
    return [...this.near, ...this.far.values()];
  }
  /** @returns whether anything moved */
  carry(from: End, max: number, cut: number): boolean {
    const to = from === this.relay ? this.device : this.relay;
    const target = Buffer.alloc(Math.max(13, max));
    const size = from.session.pull(target, 0, target.length);
    const bytes = target.subarray(0, size);
    const back = this.#meters.get(to);
    if (back !== undefined) this.#meters.get(from)?.watch(bytes, back);
    to.now += 1;
    for (let at = 0; at < size; at += cut) to.give(bytes.subarray(at, at + cut));
    return size > 0;
  }
  /** Until both ends are stuck or dry, with nothing read. */
  flush(): void {
    while (this.carry(this.relay, 1 << 16, 1 << 16) || this.carry(this.device, 1 << 16, 1 << 16));
  }
  settle(): void {
    for (let moved = true; moved; ) {
      for (const party of this.parties) party.read(1);
      const up = this.carry(this.relay, 1 << 16, 1 << 16);
      const down = this.carry(this.device, 1 << 16, 1 << 16);
      moved =
        up || down || this.parties.some((party) => party.unread > 0 && !party.isReset && this.#live(party));
    }
  }
  #live(party: Party): boolean {
    return party.stream !== undefined && party.stream.state !== 'closed';
  }
}

type Step = (world: World) => void;

const pick = (world: World, n: number): Party | undefined => {
  const parties = world.parties;
  return parties.length === 0 ? undefined : parties[n % parties.length];
};
const size = fc.oneof(fc.nat(100), fc.nat(20_000), fc.nat(300_000));
const which = fc.nat();
const steps: fc.Arbitrary<Step>[] = [
  fc.boolean().map(
    (up): Step =>
      (world) =>
        world.open(up ? world.relay : world.device),
  ),
  fc.tuple(which, size).map(
    ([n, bytes]): Step =>
      (world) =>
        pick(world, n)?.write(bytes),
  ),
  fc.tuple(which, fc.boolean()).map(
    ([n, later]): Step =>
      (world) =>
        pick(world, n)?.finish(later),
  ),
  which.map(
    (n): Step =>
      (world) =>
        pick(world, n)?.kill(),
  ),
  fc.tuple(which, fc.double({ min: 0, max: 1, noNaN: true })).map(
    ([n, part]): Step =>
      (world) => {
        pick(world, n)?.read(part);
      },
  ),
  fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 70_000 })).map(
    ([up, max, cut]): Step =>
      (world) =>
        void world.carry(up ? world.relay : world.device, max, cut),
  ),
  fc.constant((world: World) => world.flush()),
  fc.boolean().map(
    (up): Step =>
      (world) =>
        (up ? world.relay : world.device).session.tick(1),
  ),
];
const weights = [3, 8, 2, 1, 6, 12, 3, 1];
const step = fc.oneof(...steps.map((arbitrary, i) => ({ arbitrary, weight: weights[i] ?? 1 })));

test('bytes in are bytes out, credit is never overdrawn, every stream is freed in the end', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const world = new World();
      for (const run of steps) run(world);
      world.settle();
      for (const party of world.parties) party.finish();
      world.settle();
      assert.deepEqual([world.relay.error, world.device.error], [undefined, undefined]);
      assert.deepEqual([world.relay.session.isClosed, world.device.session.isClosed], [false, false]);
      assert.deepEqual([world.relay.session.pending, world.device.session.pending], [0, 0]);
      assert.deepEqual([world.relay.session.streams, world.device.session.streams], [0, 0]);
      for (const near of world.near) {
        const far = world.far.get(near.stream?.id ?? 0);
        if (far === undefined || near.isKiller || far.isKiller) continue;
        assert.deepEqual([near.error, far.error], [undefined, undefined]);
        assert.deepEqual([far.received, near.received], [near.written, far.written]);
        assert.deepEqual([near.lent.length, far.lent.length], [0, 0], 'every chunk came back');
        assert.ok(near.sawEnd && far.sawEnd && !near.isBlocked && !far.isBlocked);
      }
    }),
    { numRuns: sized(400, 20_000) },
  );
});
