import assert from 'node:assert/strict';

/** Far above what anything takes, so that only a hang reaches it, in ms. */
const DEADLINE_MS = 20_000;

/** Asks again until it is so; each question takes its time. */
export async function until(done: () => Promise<boolean>, deadlineMs = DEADLINE_MS): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await done())) {
    assert.ok(Date.now() < deadline, 'not in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
