import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Answers } from '../../bench/load/answers.js';
import { type OpenLoopPrinted, percentiles } from '../../bench/load/percentiles.js';
import { callFile, generator, startTarget } from './target.js';

test('answers are read however they are cut', () => {
  const bytes = Buffer.from(
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' +
      'HTTP/1.1 503 Service Unavailable\r\ncontent-length:0\r\nx: y\r\n\r\n' +
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nend',
  );
  for (let size = 1; size <= bytes.length; size++) {
    const read: number[][] = [];
    const answers = new Answers((status, length) => read.push([status, length]));
    for (let at = 0; at < bytes.length; at += size) answers.push(bytes.subarray(at, at + size));
    assert.deepEqual(
      read,
      [
        [200, 5],
        [503, 0],
        [200, 3],
      ],
      `in chunks of ${size}`,
    );
  }
  assert.throws(() => new Answers(() => {}).push(Buffer.from('HTTP/1.1 200 OK\r\n\r\n')), /no answer/);
});

test('percentiles are of all samples', () => {
  const samples = Array.from({ length: 1000 }, (_, i) => 1000 - i);
  assert.deepEqual(percentiles(samples), { p50: 500, p99: 990, p999: 999, max: 1000 });
  assert.ok(Number.isNaN(percentiles([]).p50));
});

// With one connection all but the first wait before they are sent, with many after it.
for (const connections of [1, 1024]) {
  test(`a call that waits for a server that stalls counts with all its waiting, connections: ${connections}`, async (t) => {
    const [rate, seconds, stallMs] = [100, 1.5, 1200];
    const held: ServerResponse[] = [];
    let stalls = true;
    const { origin } = await startTarget(t, (_req, res) => {
      if (!stalls) return void res.end('hello');
      if (held.push(res) > 1) return;
      setTimeout(() => {
        stalls = false;
        for (const each of held) each.end('hello');
      }, stallMs);
    });

    const args = [origin, await callFile(t), rate, seconds, connections].map(String);
    const { stdout } = await promisify(execFile)(process.execPath, [generator('open-loop'), ...args]);
    const printed: OpenLoopPrinted = JSON.parse(stdout);
    // Those of the first half second are not counted. All others were made, though none was answered for long.
    assert.deepEqual([printed.unanswered, printed.failed], [0, []]);
    assert.ok(Math.abs(printed.answered - (seconds - 0.5) * rate) <= 1, `${printed.answered} calls`);
    assert.ok(printed.max > stallMs - 600, `${printed.max} ms`);
    assert.equal(held.length === 1, connections === 1, `${held.length} calls were sent meanwhile`);
  });
}
