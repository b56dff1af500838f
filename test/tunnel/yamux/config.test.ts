import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultConfig, makeConfig, verifyConfig } from '../../../src/tunnel/yamux/config.js';

test('the defaults are sound', () => {
  assert.deepEqual(verifyConfig(defaultConfig), []);
});

test('every mistake is reported at once', () => {
  const mistakes = verifyConfig({
    ...defaultConfig,
    initialWindow: 1000,
    maxWindow: 999,
    maxFrame: 0,
    maxIncoming: -1,
    keepaliveInterval: Number.NaN,
    writeTimeout: 0,
    keepaliveJitter: 1,
  });
  const named = mistakes.map((mistake) => mistake.split(' ')[0]);
  assert.deepEqual(named, [
    'initialWindow',
    'maxWindow',
    'maxFrame',
    'maxIncoming',
    'keepaliveInterval',
    'writeTimeout',
    'keepaliveJitter',
  ]);
});

test('each number is checked: not a number, negative, absent', () => {
  for (const name of Object.keys(defaultConfig) as (keyof typeof defaultConfig)[]) {
    for (const wrong of [Number.NaN, -1, undefined]) {
      const mistakes = verifyConfig({ ...defaultConfig, [name]: wrong } as typeof defaultConfig);
      assert.ok(
        mistakes.some((mistake) => mistake.startsWith(`${name} `)),
        `${name} = ${wrong}`,
      );
    }
  }
});

test('a window below what the peer may send unasked is refused, a cap below the start too', () => {
  assert.throws(
    () => makeConfig({ initialWindow: 262_143 }),
    /initialWindow must be a whole number from 262144/,
  );
  assert.throws(() => makeConfig({ initialWindow: 1 << 20, maxWindow: 1 << 19 }), /maxWindow/);
  assert.equal(makeConfig({ maxWindow: 1 << 20 }).maxWindow, 1 << 20);
});

test('resets of all streams at once must fit their queue', () => {
  assert.throws(() => makeConfig({ maxOutgoing: 4096 }), /maxResets must be a whole number from 5121/);
});
