import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { LastKnown } from '../../src/auth/last-known.js';

const AGE = 60_000;
/** The longest that it is left alone after a failure, in ms. */
const HELD = 10_000;

describe('what another party said last', () => {
  let now: number;
  let answer: () => Promise<string>;
  let asked: number;
  let told: string[];
  let known: LastKnown<string>;
  beforeEach(() => {
    now = 0;
    asked = 0;
    told = [];
    answer = async () => 'old';
    known = new LastKnown({
      ask: () => {
        asked += 1;
        return answer();
      },
      maxAgeMs: AGE,
      failed: (_error, retryMs) => told.push(retryMs <= HELD ? 'failed' : 'held too long'),
      answersAgain: () => told.push('again'),
      now: () => now,
    });
  });
  const fails = async () => {
    throw new Error('away');
  };

  test('it is asked once, for everybody, until that is old', async () => {
    assert.deepEqual(await Promise.all([known.get(), known.get(), known.get()]), ['old', 'old', 'old']);
    now = AGE - 1;
    await known.get();
    assert.equal(asked, 1);
    now = AGE;
    answer = async () => 'new';
    assert.deepEqual(await Promise.all([known.get(), known.get()]), ['new', 'new']);
    assert.equal(asked, 2);
  });

  test('nothing is known: it rejects, and is left alone for a while, which grows up to 10 s', async () => {
    answer = fails;
    for (let i = 0; i < 12; i++) {
      await assert.rejects(known.get(), /away/);
      await assert.rejects(known.get(), /away/);
      assert.equal(asked, i + 1);
      now += HELD;
    }
    assert.deepEqual([...new Set(told)], ['failed']);
    answer = async () => 'new';
    assert.equal(await known.get(), 'new');
    assert.equal(told.at(-1), 'again');
  });

  test('what is known stays while there is no answer, and is not waited for a second time', async () => {
    await known.get();
    now = AGE;
    answer = fails;
    assert.equal(await known.get(), 'old');
    assert.equal(await known.get(), 'old');
    assert.equal(asked, 2);
    now += HELD;
    let late: (value: string) => void = () => {};
    answer = () =>
      new Promise((resolve) => {
        late = resolve;
      });
    assert.equal(await known.get(), 'old');
    const renewed = known.refreshed(0);
    late('new');
    assert.equal(await renewed, 'new');
    assert.equal(await known.get(), 'new');
    assert.equal(asked, 3);
  });

  test('what was found wrong is asked for again, but not sooner than its least age', async () => {
    await known.get();
    answer = async () => 'new';
    now = 999;
    assert.equal(await known.refreshed(1000), 'old');
    assert.equal(asked, 1);
    now = 1000;
    assert.deepEqual(await Promise.all([known.refreshed(1000), known.refreshed(1000)]), ['new', 'new']);
    for (let i = 0; i < 1000; i++) await known.refreshed(1000);
    assert.equal(asked, 2);
  });

  test('a renewal without an answer says so, once for as long as it is left alone', async () => {
    await known.get();
    now = 1000;
    answer = fails;
    for (let i = 0; i < 100; i++) await assert.rejects(known.refreshed(0), /away/);
    assert.equal(asked, 2);
    assert.equal(await known.get(), 'old');
  });
});
