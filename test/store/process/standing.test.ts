import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STORE_ERROR_CODES, StoreError, type StoreErrorCode } from '../../../src/store/ports/errors.js';
import type { StoreState } from '../../../src/store/ports/store.js';
import { Standing } from '../../../src/store/process/standing.js';

const failed = (code: StoreErrorCode) => new StoreError(code, 'it failed');

/** A standing whose tries end as they are told to. */
class Watched {
  now = 0;
  tries = 0;
  /** Whether what is told arrives. */
  hears = true;
  readonly told: string[] = [];
  /** The next tries fail with it. */
  fault: StoreError | undefined;
  readonly standing = new Standing({
    tryWrite: async () => {
      this.tries += 1;
      if (this.fault !== undefined) throw this.fault;
    },
    tell: ({ reads, writes }: StoreState) => {
      if (this.hears) this.told.push(`${reads?.code ?? 'reads'}, ${writes?.code ?? 'writes'}`);
      return this.hears;
    },
    now: () => this.now,
  });

  async tick(ms: number): Promise<void> {
    this.now += ms;
    this.standing.tick();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('D4: a write that failed is told once, and writes are tried each second until one is done', async () => {
  const watched = new Watched();
  watched.fault = failed('ERR_STORE_FULL');
  watched.standing.wrote(watched.fault);
  watched.standing.wrote(watched.fault);
  await watched.tick(999);
  assert.equal(watched.tries, 0);
  await watched.tick(1);
  await watched.tick(1_000);
  assert.equal(watched.tries, 2);
  watched.fault = undefined;
  await watched.tick(1_000);
  await watched.tick(1_000);
  assert.equal(watched.tries, 3);
  assert.deepEqual(watched.told, ['reads, ERR_STORE_FULL', 'reads, writes']);
});

test('D4: a write of others that is done ends it too', async () => {
  const watched = new Watched();
  watched.standing.wrote(failed('ERR_STORE_READ_ONLY'));
  assert.equal(watched.standing.canWrite, false);
  watched.standing.wrote();
  assert.equal(watched.standing.canWrite, true);
  assert.deepEqual(watched.told, ['reads, ERR_STORE_READ_ONLY', 'reads, writes']);
});

test('D4: a write that another one was in the way of says nothing of others: one is tried', async () => {
  const watched = new Watched();
  watched.standing.wrote(failed('ERR_STORE_BUSY'));
  assert.deepEqual(watched.told, []);
  watched.fault = failed('ERR_STORE_BUSY');
  await watched.tick(0);
  assert.deepEqual(watched.told, ['reads, ERR_STORE_BUSY']);
  watched.standing.wrote(new TypeError('a fault of ours'));
  assert.equal(watched.told.length, 1);
});

test('D4: of every code it is known whether a write that failed with it says something of all writes', () => {
  const ofAll = STORE_ERROR_CODES.filter((code) => {
    const watched = new Watched();
    watched.standing.wrote(failed(code));
    return watched.told.length > 0;
  });
  assert.deepEqual(ofAll, [
    'ERR_STORE_FULL',
    'ERR_STORE_ACCESS',
    'ERR_STORE_READ_ONLY',
    'ERR_STORE_UNAVAILABLE',
    'ERR_STORE_OUTCOME_UNKNOWN',
  ]);
});

test('D4: where nobody writes, it is tried now and then', async () => {
  const watched = new Watched();
  await watched.tick(29_999);
  assert.equal(watched.tries, 0);
  watched.fault = failed('ERR_STORE_READ_ONLY');
  await watched.tick(1);
  assert.deepEqual(watched.told, ['reads, ERR_STORE_READ_ONLY']);
});

test('D4: reads are told for themselves, and what could not be told is told later', async () => {
  const watched = new Watched();
  watched.hears = false;
  watched.standing.read(failed('ERR_STORE_UNAVAILABLE'));
  watched.hears = true;
  await watched.tick(0);
  watched.standing.read();
  assert.deepEqual(watched.told, ['ERR_STORE_UNAVAILABLE, writes', 'reads, writes']);
});
