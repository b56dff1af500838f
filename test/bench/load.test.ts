import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Answers } from '../../bench/load/answers.js';
import { type OpenLoopPrinted, percentiles } from '../../bench/load/percentiles.js';

const OPEN_LOOP = fileURLToPath(new URL('../../bench/load/open-loop.js', import.meta.url));

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

test('a call that waits for a server that stalls counts with all its waiting', async (t) => {
  const [rate, seconds, stallMs] = [100, 1.5, 1200];
  const held: ServerResponse[] = [];
  let stalls = true;
  const server = createServer((_req, res) => {
    if (!stalls) return void res.end('hello');
    if (held.push(res) > 1) return;
    setTimeout(() => {
      stalls = false;
      for (const each of held) each.end('hello');
    }, stallMs);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.after(() => server.close());
  const folder = await mkdtemp(join(tmpdir(), 'visiona-load-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'requests.txt');
  await writeFile(file, 'X: y\n\nGET /hello\n');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const args = [OPEN_LOOP, origin, file, String(rate), String(seconds)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const printed: OpenLoopPrinted = JSON.parse(stdout);
  // Those of the first half second are not counted. All others were made, though none was answered for long.
  assert.deepEqual([printed.unanswered, printed.failed], [0, []]);
  assert.ok(Math.abs(printed.answered - (seconds - 0.5) * rate) <= 1, `${printed.answered} calls`);
  assert.ok(printed.max > stallMs - 600, `${printed.max} ms`);
});
