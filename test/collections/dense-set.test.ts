import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DenseSet } from '../../src/collections/dense-set.js';

test('it holds what a Set would hold, whatever comes and goes', () => {
  const change = fc.record({ which: fc.nat(20), add: fc.boolean() });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
      const items = Array.from({ length: 21 }, (_, which) => ({ which, slot: -1 }));
      const dense = new DenseSet<(typeof items)[number]>();
      const model = new Set<(typeof items)[number]>();
      for (const { which, add } of changes) {
        const item = items[which];
        if (item === undefined) continue;
        if (add) {
          dense.add(item);
          model.add(item);
        } else {
          dense.delete(item);
          model.delete(item);
        }
        assert.equal(dense.size, model.size);
      }
      assert.deepEqual(new Set(dense), model);
      for (const item of items) assert.equal(item.slot >= 0, model.has(item));
    }),
  );
});

test('all of them may leave while they are gone through', () => {
  const items = Array.from({ length: 3 }, () => ({ slot: -1 }));
  const dense = new DenseSet<{ slot: number }>();
  for (const item of items) dense.add(item);
  let seen = 0;
  for (const item of dense) {
    seen += 1;
    for (const each of items) dense.delete(each);
    assert.equal(item.slot, -1);
  }
  assert.equal(seen, 3);
  assert.equal(dense.size, 0);
});
