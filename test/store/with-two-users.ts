// `withTwoUsers` gives each test a store of its own that knows two users.
import { test } from 'node:test';
import type { UserId } from '../../src/store/ports/ids.js';
import type { Store } from '../../src/store/ports/store.js';
import type { Subject } from './contract.js';

/** Tests of a part of the contract, each with a store of its own that knows two users. */
export function withTwoUsers(open: () => Promise<Subject>) {
  return (what: string, body: (store: Store, alice: UserId, bob: UserId) => Promise<void>) =>
    test(what, async () => {
      const subject = await open();
      try {
        const [alice, bob] = [
          await subject.store.ensureUser('https://id.example', 'alice'),
          await subject.store.ensureUser('https://id.example', 'bob'),
        ];
        await body(subject.store, alice, bob);
      } finally {
        await subject.end();
      }
    });
}
