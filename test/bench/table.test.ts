import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Figure } from '../../bench/benchmark.js';
import { table } from '../../bench/table.js';

test('a peer has the ratio of the product to it, round by round', () => {
  const markdown = table({
    figures: [figure('visiona', [10, 20, 90]), figure('peer', [10, 5, 30])],
    missing: [],
  });
  assert.deepEqual(cells(markdown), [
    ['case', 'figure', 'who', 'median (min–max)', 'visiona is ×'],
    ['a case', 'calls, 1/s', 'visiona', '20.0 (10.0–90.0)', ''],
    ['a case', 'calls, 1/s', 'peer', '10.0 (5.00–30.0)', '3.00 (1.00–4.00)'],
  ]);
});

test('a peer has no ratio where the product has no such figure', () => {
  const markdown = table({
    figures: [
      figure('visiona', [10]),
      figure('peer', [5], { case: 'another case' }),
      figure('peer', [5], { metric: 'latency' }),
    ],
    missing: [],
  });
  assert.deepEqual(ratios(markdown), [
    ['visiona', ''],
    ['peer', ''],
    ['peer', ''],
  ]);
});

test('what may be zero or less has no ratio', () => {
  const noRatio = true;
  const markdown = table({
    figures: [figure('visiona', [10], { noRatio }), figure('peer', [0], { noRatio })],
    missing: [],
  });
  assert.deepEqual(ratios(markdown), [
    ['visiona', ''],
    ['peer', ''],
  ]);
});

test('a peer that missed a round has no ratio', () => {
  const markdown = table({ figures: [figure('visiona', [10, 20]), figure('peer', [5])], missing: [] });
  assert.deepEqual(ratios(markdown), [
    ['visiona', ''],
    ['peer', ''],
  ]);
});

test('the product may be another subject', () => {
  const markdown = table({
    product: 'here',
    figures: [figure('here', [10]), figure('visiona', [5])],
    missing: [],
  });
  assert.deepEqual(ratios(markdown), [
    ['here', ''],
    ['visiona', '2.00 (2.00–2.00)'],
  ]);
});

test('the same figures of all subjects are next to each other', () => {
  const other = { metric: 'latency' };
  const figures = [
    figure('visiona', [1]),
    figure('visiona', [1], other),
    figure('peer', [1]),
    figure('peer', [1], other),
  ];
  const rows = cells(table({ figures, missing: [] })).slice(1);
  assert.deepEqual(
    rows.map(([, what, who]) => [what, who]),
    [
      ['calls, 1/s', 'visiona'],
      ['calls, 1/s', 'peer'],
      ['latency, 1/s', 'visiona'],
      ['latency, 1/s', 'peer'],
    ],
  );
});

test('a subject that is missing is named, with the reason', () => {
  const missing = [
    { subject: 'peer', reason: 'no Go here' },
    { subject: 'other', reason: 'it fell' },
  ];
  const named = ['Not measured: peer: no Go here', 'Not measured: other: it fell'];
  const lines = table({ figures: [figure('visiona', [10])], missing }).split('\n');
  assert.deepEqual(lines.slice(-3), ['', ...named]);
  assert.equal(table({ figures: [], missing }), named.join('\n'));
});

function figure(subject: string, samples: number[], other: Partial<Figure> = {}): Figure {
  return { case: 'a case', metric: 'calls', unit: '1/s', better: 'higher', subject, samples, ...other };
}

/** Of the header and all rows. */
function cells(markdown: string): string[][] {
  const rows = markdown.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return rows.filter(([first], row) => first !== undefined && row !== 1);
}

/** By subject. */
function ratios(markdown: string) {
  return cells(markdown)
    .slice(1)
    .map(([, , subject, , ratio]) => [subject, ratio]);
}
