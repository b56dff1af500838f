import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fifo } from '../../src/collections/fifo.js';

test('a fifo does what an array does', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer()), { maxLength: 300, size: 'max' }), (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      for (const step of steps) {
        if (step === null) assert.equal(fifo.shift(), model.shift());
        else {
          fifo.push(step);
          model.push(step);
        }
        assert.equal(fifo.length, model.length);
        assert.equal(fifo.peek(), model[0]);
      }
      fifo.clear();
      assert.deepEqual([fifo.length, fifo.shift(), fifo.peek()], [0, undefined, undefined]);
    }),
  );
});

test('a fifo that was long and ran empty works on', () => {
  const fifo = new Fifo<number>();
  for (let i = 0; i < 1000; i++) fifo.push(i);
  for (let i = 0; i < 1000; i++) assert.equal(fifo.shift(), i);
  fifo.push(7);
  assert.equal(fifo.shift(), 7);
});
