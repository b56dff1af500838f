import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Dial, DialDecision } from '../../../src/tunnel/listener/dial-queue.js';
import { DialQueue } from '../../../src/tunnel/listener/dial-queue.js';

const REFUSED: DialDecision = { kind: 'unauthorized' };

interface TestDial extends Dial {
  gone: boolean;
  answers: number;
}

function dialOf(token: string, answered: () => void = () => {}): TestDial {
  const dial: TestDial = {
    token,
    address: '127.0.0.1',
    gone: false,
    answers: 0,
    answer() {
      dial.answers += 1;
      answered();
    },
  };
  return dial;
}

/** Questions that wait until the test answers them. */
class Questions {
  readonly asked: (readonly Dial[])[] = [];
  readonly #answers: (() => void)[] = [];
  readonly decide = (dials: readonly Dial[]): Promise<readonly DialDecision[]> => {
    this.asked.push(dials);
    return new Promise((resolve) => this.#answers.push(() => resolve(dials.map(() => REFUSED))));
  };

  async answer(): Promise<void> {
    this.#answers.shift()?.();
    await nextTurn();
  }

  sizes(): number[] {
    return this.asked.map((dials) => dials.length);
  }
}

test('the dials of one turn are asked about together, so many at once, and the next while those are answered', async () => {
  const questions = new Questions();
  const queue = new DialQueue({ decide: questions.decide, now: () => 0 });
  const dials = Array.from({ length: 150 }, (_, n) => dialOf(String(n)));
  for (const dial of dials) assert.ok(queue.add(dial));
  assert.deepEqual(questions.sizes(), []);
  await nextTurn();
  assert.deepEqual(questions.sizes(), [64]);
  await questions.answer();
  assert.deepEqual(questions.sizes(), [64, 64]);
  assert.equal(dials.filter(({ answers }) => answers === 1).length, 64);
  await questions.answer();
  await questions.answer();
  assert.deepEqual(questions.sizes(), [64, 64, 22]);
  assert.deepEqual(questions.asked.flat(), dials);
  assert.ok(dials.every(({ answers }) => answers === 1));
  // The queue has come to rest, and begins again.
  const late = dialOf('late');
  queue.add(late);
  await nextTurn();
  await questions.answer();
  assert.equal(late.answers, 1);
});

test('a full queue takes no dial until there is room', async () => {
  const questions = new Questions();
  const queue = new DialQueue({ decide: questions.decide, maxWaiting: 2 });
  assert.ok(queue.add(dialOf('1')));
  assert.ok(queue.add(dialOf('2')));
  assert.ok(!queue.add(dialOf('3')));
  await nextTurn();
  assert.ok(queue.add(dialOf('4')));
});

test('by itself it holds 20,000', () => {
  const queue = new DialQueue({ decide: () => new Promise(() => {}) });
  for (let n = 0; n < 20_000; n++) assert.ok(queue.add(dialOf(String(n))));
  assert.ok(!queue.add(dialOf('one more')));
});

test('a device that has gone away is not asked about, nor answered', async () => {
  const questions = new Questions();
  const queue = new DialQueue({ decide: questions.decide });
  const [early, late, stays] = [dialOf('early'), dialOf('late'), dialOf('stays')];
  for (const dial of [early, late, stays]) queue.add(dial);
  early.gone = true;
  await nextTurn();
  assert.deepEqual(questions.asked, [[late, stays]]);
  late.gone = true;
  await questions.answer();
  assert.deepEqual([early.answers, late.answers, stays.answers], [0, 0, 1]);
});

test('where all who wait have gone, nobody is asked', async () => {
  const questions = new Questions();
  const queue = new DialQueue({ decide: questions.decide });
  for (let n = 0; n < 100; n++) queue.add({ ...dialOf(String(n)), gone: true });
  const stays = dialOf('stays');
  queue.add(stays);
  await nextTurn();
  assert.deepEqual(questions.asked, [[stays]]);
});

test('answers take 1 ms of a turn of the event loop, and then wait for the next turn', async () => {
  let now = 0;
  const perTurn: number[] = [];
  const counted = () => {
    now += 0.25;
    perTurn[perTurn.length - 1] = (perTurn.at(-1) ?? 0) + 1;
  };
  const questions = new Questions();
  const queue = new DialQueue({ decide: questions.decide, now: () => now });
  const dials = Array.from({ length: 10 }, (_, n) => dialOf(String(n), counted));
  for (const dial of dials) queue.add(dial);
  await nextTurn();
  perTurn.push(0);
  await questions.answer();
  while (perTurn.at(-1) !== 0) {
    perTurn.push(0);
    await nextTurn();
  }
  assert.deepEqual(perTurn, [4, 4, 2, 0]);
});
