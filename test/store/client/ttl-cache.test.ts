import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TtlCache } from '../../../src/store/client/ttl-cache.js';
import { StoreError, StoreUnavailableError } from '../../../src/store/ports/errors.js';

/** A store that answers when it is told to, and a clock. */
class Asked<T> {
  now = 0;
  readonly keys: string[] = [];
  /** What has come to its end. */
  readonly over = new Set<T>();
  readonly #settle: { resolve: (value: T) => void; reject: (error: Error) => void }[] = [];
  readonly known: TtlCache<T>;

  constructor(max?: number) {
    this.known = new TtlCache(
      (key) => {
        this.keys.push(key);
        return new Promise((resolve, reject) => this.#settle.push({ resolve, reject }));
      },
      (value) => this.over.has(value),
      () => this.now,
      max,
    );
  }

  /** Answers the question that was asked first. */
  async answer(value: T): Promise<void> {
    this.#settle.shift()?.resolve(value);
    await turn();
  }

  async fail(error: Error = new Error('down')): Promise<void> {
    this.#settle.shift()?.reject(error);
    await turn();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('an answer is believed for a second, and all who ask meanwhile share it', async () => {
  const asked = new Asked<string>();
  const { known } = asked;
  const found = known.get('a');
  assert.equal(known.get('a'), found);
  await asked.answer('x');
  asked.now = 999;
  assert.equal(await known.get('a'), 'x');
  assert.deepEqual(asked.keys, ['a']);
  asked.now = 1000;
  const again = known.get('a');
  await asked.answer('y');
  assert.equal(await again, 'y');
});

test('what is believed is at hand without a wait, what is still being asked is not', async () => {
  const asked = new Asked<string>();
  const { known } = asked;
  assert.equal(known.peek('a'), undefined);
  void known.get('a');
  assert.equal(known.peek('a'), undefined);
  await asked.answer('x');
  assert.equal(known.peek('a'), 'x');
  asked.now = 1000;
  assert.equal(known.peek('a'), undefined);
  assert.deepEqual(asked.keys, ['a']);
});

test('an answer that is used at half its time is asked for anew beside its use, once', async () => {
  const asked = new Asked<string>();
  const { known } = asked;
  void known.get('a');
  await asked.answer('x');
  asked.now = 499;
  known.peek('a');
  assert.deepEqual(asked.keys, ['a']);
  asked.now = 500;
  for (let i = 0; i < 3; i++) assert.equal(known.peek('a'), 'x');
  assert.deepEqual(asked.keys, ['a', 'a']);
  asked.now = 900;
  await asked.answer('y');
  assert.equal(known.peek('a'), 'y');
  asked.now = 1499;
  assert.equal(known.peek('a'), 'y', 'believed from when it was asked');
  asked.now = 1500;
  assert.equal(known.peek('a'), undefined);
});

test('an answer that is asked for anew and is there no more is forgotten at once', async () => {
  const asked = new Asked<string | undefined>();
  const { known } = asked;
  void known.get('a');
  await asked.answer('x');
  asked.now = 500;
  assert.equal(known.peek('a'), 'x');
  await asked.answer(undefined);
  assert.equal(known.size, 0);
});

test('a store that is away when it is asked anew is told of when the old answer is believed no more', async () => {
  const asked = new Asked<string>();
  const { known } = asked;
  void known.get('a');
  await asked.answer('x');
  asked.now = 500;
  known.peek('a');
  await asked.fail();
  asked.now = 999;
  assert.equal(known.peek('a'), 'x');
  asked.now = 1000;
  const found = assert.rejects(known.get('a'), /down/);
  await asked.fail();
  await found;
});

test('what was not found, or could not be asked, is not remembered', async () => {
  const asked = new Asked<boolean | undefined>();
  const { known } = asked;
  for (const key of ['a', 'b']) void known.get(key);
  const failed = known.get('c');
  await asked.answer(false);
  await asked.answer(undefined);
  await asked.fail();
  await assert.rejects(failed);
  assert.equal(known.size, 0);
});

test('an answer that comes late changes no newer one, nor one that was forgotten', async () => {
  const asked = new Asked<string | undefined>();
  const { known } = asked;
  void known.get('a');
  known.forget('a');
  void known.get('a');
  await asked.answer(undefined);
  await asked.answer('new');
  assert.equal(known.peek('a'), 'new');
  asked.now = 500;
  known.peek('a');
  known.forgetAll();
  await asked.answer('renewed');
  assert.equal(known.size, 0);
});

test('the oldest goes when it is full; all go when told', async () => {
  const asked = new Asked<boolean>(3);
  const { known } = asked;
  for (const key of ['a', 'b', 'c', 'd']) {
    void known.get(key);
    await asked.answer(true);
  }
  assert.equal(known.size, 3);
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((key) => known.peek(key)),
    [undefined, true, true, true],
  );
  known.forgetAll();
  assert.equal(known.size, 0);
});

const AWAY = new StoreUnavailableError('it is away');

test('D6: where the store is away the last answer stands in for a minute, and each question asks anew', async () => {
  const asked = new Asked<string>();
  const { known } = asked;
  void known.get('a');
  await asked.answer('x');
  for (const ms of [1_000, 30_000, 59_999]) {
    asked.now = ms;
    const found = known.get('a');
    await asked.fail(AWAY);
    assert.equal(await found, 'x');
    assert.equal(known.peek('a'), undefined, 'it is not believed');
  }
  asked.now = 60_000;
  const refused = assert.rejects(known.get('a'), AWAY);
  await asked.fail(AWAY);
  await refused;
  assert.equal(asked.keys.length, 5);
});

test('D6: where the store does not say the last answer is not waited for, and the new one counts when it comes', async () => {
  const asked = new Asked<string>();
  const { known } = asked;
  void known.get('a');
  await asked.answer('x');
  asked.now = 1_000;
  assert.equal(await known.get('a'), 'x');
  await asked.answer('y');
  assert.equal(known.peek('a'), 'y');
});

test('attack 69, D6: what was taken away, has come to its end, or was never found does not stand in', async () => {
  const asked = new Asked<string | undefined>();
  const { known } = asked;
  for (const key of ['forgotten', 'meanwhile', 'all', 'over', 'gone']) {
    void known.get(key);
    await asked.answer(key);
  }
  asked.now = 1_000;
  known.forget('forgotten');
  const meanwhile = known.get('meanwhile');
  known.forgetThose((key) => key === 'meanwhile');
  asked.over.add('over');
  const gone = known.get('gone');
  const rest = ['forgotten', 'over', 'new'].map((key) => known.get(key));
  const refused = Promise.all([meanwhile, ...rest].map((found) => assert.rejects(found, AWAY)));
  await asked.fail(AWAY);
  await asked.answer(undefined);
  for (const _ of rest) await asked.fail(AWAY);
  await refused;
  assert.equal(await gone, undefined);
  known.forgetAll();
  const all = assert.rejects(known.get('all'), AWAY);
  await asked.fail(AWAY);
  await all;
});

test('D6: what the store says of the question itself is its answer', async () => {
  const asked = new Asked<string>();
  const { known } = asked;
  void known.get('a');
  await asked.answer('x');
  asked.now = 1_000;
  const refused = assert.rejects(known.get('a'), { code: 'ERR_STORE_INPUT' });
  await asked.fail(new StoreError('ERR_STORE_INPUT', 'it is wrong'));
  await refused;
});

test('D6: what is outdated is asked for anew, and stands in where the store is away', async () => {
  const asked = new Asked<string>();
  const { known } = asked;
  known.get('a');
  await asked.answer('x');
  known.outdate('a');
  assert.equal(known.peek('a'), undefined);
  const found = known.get('a');
  await asked.fail(new StoreUnavailableError('down'));
  assert.equal(await found, 'x');
  asked.now = 1000;
  const again = known.get('a');
  await asked.answer('y');
  assert.deepEqual([await again, known.peek('a')], ['y', 'y']);
});
