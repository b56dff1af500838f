import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Mailbox } from '../../../src/actors/local/mailbox.js';

const operation = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom('push', 'force'), bytes: fc.nat(100) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('shift'), bytes: fc.constant(0) }) },
);

test('a mailbox is a bounded first-in first-out queue', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.array(operation, { maxLength: 300, size: 'max' }),
      (bound, operations) => {
        const mailbox = new Mailbox<number>(bound);
        const model: { readonly item: number; readonly bytes: number }[] = [];
        operations.forEach(({ type, bytes }, item) => {
          if (type === 'push') {
            const fits = model.length < bound;
            assert.equal(mailbox.push(item, bytes), fits);
            if (fits) model.push({ item, bytes });
          } else if (type === 'force') {
            mailbox.force(item, bytes);
            model.push({ item, bytes });
          } else if (model.length > 0) {
            assert.equal(mailbox.nextBytes, model[0]?.bytes);
            assert.equal(mailbox.shift(), model.shift()?.item);
          }
          assert.equal(mailbox.length, model.length);
          assert.equal(
            mailbox.bytes,
            model.reduce((sum, each) => sum + each.bytes, 0),
          );
        });
      },
    ),
  );
});
