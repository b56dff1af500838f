// `supervise` starts a supervisor of fake children.
import assert from 'node:assert/strict';
import type { Strategy } from '../../src/actors/supervision/spec.js';
import { Supervisor, type SupervisorOptions } from '../../src/actors/supervision/supervisor.js';
import { type FakeChild, FakeChildren } from './fake-child.js';
import { ManualClock } from './kit.js';

/** Short, and without jitter in `supervise`. */
export const BACKOFF = { minMs: 10, maxMs: 1000 };

/** A supervisor of fake children, all of them running. */
export async function supervise(
  strategy: Strategy,
  ids: string[],
  options: Partial<SupervisorOptions<FakeChild>> = {},
) {
  const clock = new ManualClock();
  const children = new FakeChildren();
  const supervisor = new Supervisor<FakeChild>({
    strategy,
    children: ids.map((id) => children.spec(id)),
    backoff: BACKOFF,
    random: () => 0,
    clock,
    ...options,
  });
  await supervisor.start();
  assert.deepEqual(
    children.take(),
    ids.map((id) => `start ${id}`),
  );
  return { clock, children, supervisor };
}
