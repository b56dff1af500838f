import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { OpenLoopPrinted } from '../../bench/load/percentiles.js';
import type { Moved } from '../../bench/load/transfer.js';
import { callFile, generator, startTarget } from './target.js';

/** Far longer than the test may take: the program ends for another reason. */
const SECONDS = 600;
/** A program that does not end is killed then, and holds up nobody. */
const LIMIT = { timeout: 10_000 };

// Whoever started it and was killed has no time to tell it: the end of the pipe is all that it learns.
const ENDINGS: readonly (readonly [how: string, end: (stdin: Writable) => unknown])[] = [
  ['at the end of stdin', (stdin) => stdin.end()],
  ['at a line on stdin', (stdin) => stdin.write('stop\n')],
];

for (const [how, end] of ENDINGS) {
  test(`the open-loop generator ends ${how}`, LIMIT, async (t) => {
    const { server, origin } = await startTarget(t, (_req, res) => res.end('hello'));
    const child = start(t, 'open-loop', [origin, await callFile(t), '100', String(SECONDS)]);
    await once(server, 'request');
    end(child.stdin);
    const printed = await outcome<OpenLoopPrinted>(child);
    assert.deepEqual([printed.unanswered, printed.failed], [0, []]);
  });

  test(`a transfer that is not answered ends ${how}`, LIMIT, async (t) => {
    const { server, origin } = await startTarget(t, () => {});
    const child = start(t, 'transfer', [origin, await callFile(t), '0', '1']);
    await once(server, 'request');
    end(child.stdin);
    assert.ok((await outcome<Moved>(child)).moved > 0);
  });
}

test('percentiles are of the calls that were due in a window, if one is given', LIMIT, async (t) => {
  const { server, origin } = await startTarget(t, (_req, res) => res.end('hello'));
  const child = start(t, 'open-loop', [origin, await callFile(t), '1000', String(SECONDS)]);
  // The calls of the first half second are not counted in any case.
  for (let calls = 0; calls < 700; calls++) await once(server, 'request');
  child.stdin.write(`${JSON.stringify({ from: 0, until: 1 })}\n`);
  const printed = await outcome<OpenLoopPrinted>(child);
  assert.ok(printed.answered > 0);
  assert.equal(printed.p50, null, 'JSON has no NaN');
});

test('a transfer that is refused ends the program', LIMIT, async (t) => {
  const { origin } = await startTarget(t, (_req, res) => res.writeHead(503, { 'Content-Length': 0 }).end());
  const child = start(t, 'transfer', [origin, await callFile(t), '0', '1']);
  assert.deepEqual(await once(child, 'exit'), [1, null]);
});

type Child = ChildProcessByStdio<Writable, Readable, null>;

function start(t: TestContext, name: 'open-loop' | 'transfer', args: readonly string[]): Child {
  const child = spawn(process.execPath, [generator(name), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function outcome<T>(child: Child): Promise<T> {
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.equal(code, 0);
  return JSON.parse(printed);
}
