/**
 * Resolves when `value` is above 0 and has not changed for `turns` loop turns: what flows has come to rest. Too early
 * is possible on a very slow machine, so only use it where that makes the test weaker, not wrong.
 */
export async function settled(value: () => number, turns = 200): Promise<void> {
  let last = 0;
  for (let still = 0; still < turns; ) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = value();
    still = now > 0 && now === last ? still + 1 : 0;
    last = now;
  }
}
