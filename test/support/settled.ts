// `settled` waits until a value has stopped changing.

/**
 * Resolves when `value` is above 0 and has not changed for `turns` loop turns. On a very slow machine this may be too early, so
 * use it only if that makes the test weaker and not wrong.
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
