// This program makes calls at a fixed rate.
import { setTimeout as delay } from 'node:timers/promises';
import { readRequests } from './call-file.js';
import { Connections, MAX_CONNECTIONS } from './connections.js';
import { type OpenLoopPrinted, percentiles, type Window } from './percentiles.js';

/**
 * `node open-loop.js ORIGIN FILE RATE SECONDS [CONNECTIONS]`: makes the calls of a file at a fixed rate, whether or not earlier
 * ones have been answered, and prints their outcome. Latency counts from when a call was due, so that waiting for a slow relay or
 * a connection counts (no coordinated omission). A line on stdin, or its end, begins no more calls, so that the program does not
 * outlive its parent: from /dev/null it makes next to none. The line may be a `Window`: percentiles are then of the calls that
 * were due in it.
 */
const [origin = '', file = '', rate = '', seconds = '', limit = MAX_CONNECTIONS] = process.argv.slice(2);

/** How often due calls are begun, in ms. A call begins up to that much late, and the delay counts as latency. */
const TICK_MS = 1;
/** How long calls are made and not counted, in ms: connections are opened at the beginning. */
const UNCOUNTED_MS = 500;
/** How long the last calls may take, in ms. */
const LAST_MS = 10_000;

const url = new URL(origin);
const requests = readRequests(file, url.host);
const intervalMs = 1000 / Number(rate);
const total = Math.round(Number(seconds) * Number(rate));
const answers: { readonly at: number; readonly latency: number }[] = [];
const statuses = new Map<number, number>();
let stopped = false;
let window: Window = { from: 0, until: Number.POSITIVE_INFINITY };
// This runs at a line or at the end of stdin, whichever comes first.
process.stdin.once('readable', () => {
  stopped = true;
  const line = String(process.stdin.read() ?? '');
  if (line.startsWith('{')) window = JSON.parse(line);
});

const startedAt = performance.now();
const connections = new Connections(
  url,
  ({ at, status }) => {
    if (at - startedAt < UNCOUNTED_MS) return;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === 200) answers.push({ at, latency: performance.now() - at });
  },
  Number(limit),
);

for (let next = 0; next < total && !stopped; ) {
  const now = performance.now();
  for (; next < total && startedAt + next * intervalMs <= now; next++) {
    connections.call(requests[next % requests.length] ?? '', startedAt + next * intervalMs);
  }
  await delay(TICK_MS);
}
const lastAt = performance.now();
while (connections.outstanding > 0 && performance.now() - lastAt < LAST_MS) await delay(TICK_MS);

const { from, until } = window;
const counted = answers.filter(({ at }) => {
  const due = performance.timeOrigin + at;
  return due >= from && due < until;
});
const printed: OpenLoopPrinted = {
  answered: answers.length,
  unanswered: connections.outstanding,
  failed: [...statuses].filter(([status]) => status !== 200),
  ...percentiles(counted.map(({ latency }) => latency)),
};
connections.close();
process.stdin.destroy();
process.stdout.write(`${JSON.stringify(printed)}\n`);
