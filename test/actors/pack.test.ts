import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PackReader, PackWriter, unpooled } from '../../src/actors/pack.js';

type Field =
  | { readonly type: 'u8' | 'u16' | 'u32' | 'f64'; readonly value: number }
  | { readonly type: 'latin1'; readonly value: string }
  | { readonly type: 'utf8'; readonly value: string };

const latin1 = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) });
const field: fc.Arbitrary<Field> = fc.oneof(
  fc.record({ type: fc.constant('u8'), value: fc.integer({ min: 0, max: 0xff }) }),
  fc.record({ type: fc.constant('u16'), value: fc.integer({ min: 0, max: 0xffff }) }),
  fc.record({ type: fc.constant('u32'), value: fc.integer({ min: 0, max: 0xffff_ffff }) }),
  fc.record({ type: fc.constant('f64'), value: fc.double() }),
  fc.record({ type: fc.constant('latin1'), value: latin1 }),
  fc.record({ type: fc.constant('utf8'), value: fc.string({ unit: 'grapheme' }) }),
);

function write(out: PackWriter, field: Field): void {
  if (field.type === 'latin1' || field.type === 'utf8') out[field.type](field.value);
  else out[field.type](field.value);
}

function read(from: PackReader, { type }: Field): unknown {
  return from[type]();
}

test('what is written in any order is read in the same order, whatever the first capacity', () => {
  fc.assert(
    fc.property(fc.array(field), fc.integer({ min: 1, max: 64 }), (fields, capacity) => {
      const out = new PackWriter(unpooled(capacity));
      for (const each of fields) write(out, each);
      const from = new PackReader(Buffer.from(out.bytes.subarray(0, out.length)));
      for (const each of fields) assert.deepEqual(read(from, each), each.value);
      assert.equal(from.rest().length, 0);
    }),
  );
});

test('rewind drops what was written after, and only that', () => {
  fc.assert(
    fc.property(fc.array(field), fc.array(field), (kept, dropped) => {
      const out = new PackWriter(unpooled(8));
      for (const each of kept) write(out, each);
      const at = out.length;
      for (const each of dropped) write(out, each);
      out.rewind(at);
      out.u32(42);
      const from = new PackReader(out.bytes, 0, out.length);
      for (const each of kept) assert.deepEqual(read(from, each), each.value);
      assert.equal(from.u32(), 42);
    }),
  );
});

test('patchU32 fills in a length that was not known', () => {
  const out = new PackWriter(unpooled(4));
  out.u32(0);
  out.raw(Buffer.from('some bytes'));
  out.patchU32(0, out.length);
  const from = new PackReader(out.bytes, 0, out.length);
  assert.equal(from.u32(), 14);
  assert.equal(from.rest().toString(), 'some bytes');
});

test('N2: what is written has a buffer of its own, which can be given to another thread, also after it has grown', () => {
  const out = new PackWriter(unpooled(1));
  for (let size = 1; size < 16_384; size *= 2) {
    out.reserve(size);
    out.commit(size);
    assert.equal(out.bytes.byteOffset, 0);
    assert.equal(out.bytes.buffer.byteLength, out.bytes.length);
  }
});

test('reserve and commit write in place', () => {
  const out = new PackWriter(unpooled(1));
  const at = out.reserve(3);
  out.bytes.write('abc', at);
  out.commit(2);
  assert.equal(out.bytes.toString('latin1', 0, out.length), 'ab');
});

test('one reader serves several ranges of a buffer', () => {
  const from = new PackReader(Buffer.from([1, 2, 3, 4]), 0, 1);
  assert.equal(from.u8(), 1);
  from.seek(2, 4);
  assert.deepEqual([...from.rest()], [3, 4]);
  assert.equal(from.rest().length, 0);
});

test('reading beyond the buffer throws', () => {
  const from = new PackReader(Buffer.from([1, 2]));
  assert.throws(() => from.u32(), RangeError);
});
