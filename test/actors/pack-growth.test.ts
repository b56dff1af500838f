import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PackReader, PackWriter, unpooled } from '../../src/actors/pack.js';

test('every kind of value may be the one that makes the buffer grow', () => {
  const bytes = Buffer.from('0123456789');
  for (let capacity = 1; capacity < 64; capacity++) {
    const writer = new PackWriter(unpooled(capacity));
    writer.u8(7);
    writer.u16(0xabcd);
    writer.u32(0xdead_beef);
    writer.f64(0.5);
    writer.latin1('na\u00efve');
    writer.utf8('\u6f22\u5b57');
    writer.raw(bytes);
    const reader = new PackReader(writer.bytes, 0, writer.length);
    assert.equal(reader.u8(), 7);
    assert.equal(reader.u16(), 0xabcd);
    assert.equal(reader.u32(), 0xdead_beef);
    assert.equal(reader.f64(), 0.5);
    assert.equal(reader.latin1(), 'na\u00efve');
    assert.equal(reader.utf8(), '\u6f22\u5b57');
    assert.deepEqual(reader.rest(), bytes);
  }
});
