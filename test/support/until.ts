// `until` asks a question again and again until the answer is yes.
import assert from 'node:assert/strict';

/** How long a test asks, in ms: far above what anything takes, so that only a hang reaches it. */
const DEADLINE_MS = 20_000;

/** Asks again and again until the answer is true; fails after `deadlineMs`. */
export async function until(done: () => boolean | Promise<boolean>, deadlineMs = DEADLINE_MS): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await done())) {
    assert.ok(Date.now() < deadline, 'not in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
