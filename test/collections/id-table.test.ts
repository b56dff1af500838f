import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IdTable } from '../../src/collections/id-table.js';

const LARGEST = 2 ** 32 - 1;

type Change = { readonly id: number; readonly value: string | undefined };

/** Ids near one another and far apart; `undefined` deletes. */
const change: fc.Arbitrary<Change> = fc.record({
  id: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: LARGEST })),
  value: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
});

test('it holds what a Map would hold, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 400 }), (changes) => {
      const table = new IdTable<string>();
      const model = new Map<number, string>();
      for (const { id, value } of changes) {
        if (value === undefined) {
          table.delete(id);
          model.delete(id);
        } else {
          table.set(id, value);
          model.set(id, value);
        }
        assert.equal(table.size, model.size);
        assert.equal(table.get(id), model.get(id));
        assert.equal(table.has(id), model.has(id));
      }
      for (const { id } of changes) assert.equal(table.get(id), model.get(id));
      assert.deepEqual(new Map(table.entries()), model);
      assert.deepEqual(table.values().sort(), [...model.values()].sort());
    }),
  );
});

test('ids that follow one another, as those of streams do, with one that stays', () => {
  const table = new IdTable<number>();
  table.set(2, 2);
  for (let id = 4; id < 20_000; id += 2) {
    table.set(id, id);
    if (id > 132) table.delete(id - 128);
    assert.equal(table.get(id), id);
    assert.equal(table.get(2), 2);
  }
  assert.equal(table.size, 66);
});

test('what leaves while the entries are gone through does not disturb them', () => {
  const table = new IdTable<string>();
  for (const id of [1, 2, 3]) table.set(id, `${id}`);
  const seen = [];
  for (const [id, value] of table.entries()) {
    seen.push(value);
    table.delete(id);
  }
  assert.deepEqual(seen.sort(), ['1', '2', '3']);
  assert.equal(table.size, 0);
});

test('0 is no id', () => {
  const table = new IdTable<string>();
  assert.throws(() => table.set(0, 'x'), RangeError);
  table.delete(0);
  assert.deepEqual([table.has(0), table.get(0), table.size], [false, undefined, 0]);
});
