import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments, UsageError } from '../../bench/arguments.js';

const KNOWN = ['idle', 'storm'];

test('all benchmarks run at the small size unless some are named, or the full size is', () => {
  assert.deepEqual(parseArguments([], KNOWN), { what: 'run', names: KNOWN, size: 'small' });
  assert.deepEqual(parseArguments(['storm', '--full'], KNOWN), {
    what: 'run',
    names: ['storm'],
    size: 'full',
  });
});

test('help and a report are asked for', () => {
  assert.deepEqual(parseArguments(['--help'], KNOWN), { what: 'help' });
  assert.deepEqual(parseArguments(['--report', 'a.json'], KNOWN), { what: 'report', file: 'a.json' });
});

test('a wrong command line is one sentence', () => {
  for (const [args, said] of [
    [['nosuch'], /^there is no benchmark nosuch; there are idle, storm$/],
    [['--nosuch'], /--nosuch/],
    [['--report'], /--report/],
  ] as const) {
    assert.throws(
      () => parseArguments(args, KNOWN),
      (error) => error instanceof UsageError && said.test(error.message),
    );
  }
});
