// `sentence` and `onEach` make the tests of CONTRACT.md's sentences.
import { type TestContext, test } from 'node:test';
import type { HostFlavour } from '../hosts.js';

/** A test whose name is a sentence of CONTRACT.md. */
export function sentence(text: string, body: (t: TestContext) => void | Promise<void>): void {
  test(text, body);
}

/** Runs one body against every kind of host. */
export function onEach(
  flavours: readonly HostFlavour[],
  body: (hosts: HostFlavour) => Promise<void>,
): (t: TestContext) => Promise<void> {
  return async (t) => {
    for (const hosts of flavours) await t.test(hosts.name, () => body(hosts));
  };
}
