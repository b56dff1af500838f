import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readArguments } from '../../src/config/arguments.js';
import { tables } from '../../src/config/tables.js';

const read = (...args: string[]) => readArguments(args, tables.agent);

test('flags take the next word or what follows the equals sign; switches take none', () => {
  const { flags, positionals, issues } = read(
    '--target',
    'http://a',
    '--tunnel-url=ws://b',
    '--simulate',
    'x',
  );
  assert.deepEqual(
    [...flags],
    [
      ['target', 'http://a'],
      ['tunnel-url', 'ws://b'],
      ['simulate', 'true'],
    ],
  );
  assert.deepEqual(positionals, ['x']);
  assert.deepEqual(issues, []);
});

test('a value may begin with dashes, as tokens do, but a known flag is no value', () => {
  assert.equal(read('--device-token', '--Zx9').flags.get('device-token'), '--Zx9');
  assert.deepEqual(read('--device-token', '--simulate').issues, [
    { name: '--device-token', problem: 'it needs a value; write --device-token TOKEN' },
  ]);
});

test('every mistake is reported, unknown flags with what was meant', () => {
  const { issues } = read('--tunel-url', 'ws://b', '--frobnicate', '--target=a', '--target=b', '--pair');
  assert.deepEqual(
    issues.map(({ name, problem }) => `${name}: ${problem}`),
    [
      '--tunel-url: there is no such flag; did you mean --tunnel-url?',
      '--frobnicate: there is no such flag; see --help for those there are',
      '--target: it is given twice; give it once',
      '--pair: it needs a value; write --pair CODE',
    ],
  );
});

test('-h and --help ask for help; behind -- everything is an operand', () => {
  assert.equal(read('-h').help, true);
  assert.equal(read('--help').help, true);
  assert.deepEqual(read('--', '--target').positionals, ['--target']);
});
