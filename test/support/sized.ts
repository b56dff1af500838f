/** Whether this run takes rounds, fuzz, volumes and waits at their full size (`npm run test:long`) or small (`npm test`). */
const LONG = process.env.VISIONA_TEST_SIZE === 'long';

/**
 * The one way in which a test's size depends on the run.
 * @param small what `npm test` does: enough to fail where the product is plainly wrong
 * @param long what `npm run test:long` does: the size that documents and issues state
 */
export function sized(small: number, long: number): number {
  return LONG ? long : small;
}
