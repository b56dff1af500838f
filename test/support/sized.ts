// `sized` chooses a test's size: small for `npm test`, long for `npm run test:long`.

/** Whether this run takes rounds, fuzz, volumes and waits at full size (`npm run test:long`) or small (`npm test`). */
const LONG = process.env.VISIONA_TEST_SIZE === 'long';

/**
 * Chooses a size. This is the only way in which a test's size depends on the run.
 * @param small the size for `npm test`: enough to fail if the product is plainly wrong
 * @param long the size for `npm run test:long`: the size that documents and issues state
 */
export function sized(small: number, long: number): number {
  return LONG ? long : small;
}
