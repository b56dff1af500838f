// `requireGo` builds a Go program, or skips the test where there is no Go.
import type { TestContext } from 'node:test';
import { buildGo, GO_DEVICE } from '../../bench/peers/go.js';

/**
 * The path of a built Go program. Without Go the test is skipped with the reason, except under CI=true, where it fails.
 * @returns undefined when the test was skipped
 */
export async function requireGo(t: TestContext, dir = GO_DEVICE): Promise<string | undefined> {
  const build = await buildGo(dir);
  if ('path' in build) return build.path;
  if (process.env.CI === 'true') throw new Error(`${dir}: ${build.reason}`);
  t.skip(build.reason);
  return undefined;
}
