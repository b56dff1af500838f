import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Dropouts, takeTurns } from '../../bench/turns.js';

const SUBJECTS = ['visiona', 'peer', 'other'].map((subject) => ({ subject }));
const ROUNDS = 5;
const METRIC = { metric: 'calls', unit: '1/s', better: 'higher' } as const;

test('in each round every subject has one turn, and samples of equal index are of one round', async () => {
  const { out, options } = stand();
  const turns: string[] = [];
  const figures = await takeTurns(SUBJECTS, options, async ({ subject }) => {
    const round = Math.floor(turns.length / SUBJECTS.length);
    turns.push(subject);
    return [{ ...METRIC, value: round }];
  });
  for (let round = 0; round < ROUNDS; round++) {
    const those = turns.slice(round * SUBJECTS.length, (round + 1) * SUBJECTS.length);
    assert.deepEqual(those.sort(), ['other', 'peer', 'visiona'], `round ${round}`);
  }
  // In the order of the subjects, whoever was drawn first.
  const expected = SUBJECTS.map((each) => ({ case: 'a case', ...METRIC, ...each, samples: [0, 1, 2, 3, 4] }));
  assert.deepEqual(figures, expected);
  assert.deepEqual(out.missing, []);
});

test('a turn may measure several things', async () => {
  const figures = await takeTurns([{ subject: 'visiona' }], stand().options, async () => [
    { ...METRIC, value: 1 },
    { metric: 'growth', unit: 'MiB', better: 'lower', noRatio: true, value: -1 },
  ]);
  assert.deepEqual(
    figures.map(({ metric, noRatio, samples }) => [metric, noRatio, samples.length]),
    [
      ['calls', undefined, ROUNDS],
      ['growth', true, ROUNDS],
    ],
  );
});

test('a subject that throws has no figures and no further turns; the others keep theirs', async () => {
  const { out, lines, options } = stand();
  let peerTurns = 0;
  const figures = await takeTurns(SUBJECTS, options, async ({ subject }) => {
    if (subject === 'peer' && ++peerTurns === 2) throw new Error('it fell');
    return [{ ...METRIC, value: 1 }];
  });
  assert.equal(peerTurns, 2);
  assert.deepEqual(
    figures.map(({ subject, samples }) => [subject, samples.length]),
    [
      ['visiona', ROUNDS],
      ['other', ROUNDS],
    ],
  );
  assert.deepEqual(out.missing, [{ subject: 'peer', reason: 'a case: it fell' }]);
  assert.deepEqual(lines, ['peer is out: a case: it fell']);
});

function stand() {
  const lines: string[] = [];
  const out = new Dropouts((line) => lines.push(line));
  return {
    lines,
    out,
    options: { title: 'a case', rounds: ROUNDS, size: 'small', out, pauseMs: 0 } as const,
  };
}
