// This module reports on stderr each use of AsyncLocalStorage by the program before which it is loaded.
import { AsyncLocalStorage } from 'node:async_hooks';
import { isMainThread } from 'node:worker_threads';

/**
 * Loaded with `--import` before a program, in each of its threads: reports on stderr when a thread uses AsyncLocalStorage, which
 * Node has no public way to see from outside.
 */
const thread = isMainThread ? 'the main thread' : 'a worker';
const { prototype } = AsyncLocalStorage;
for (const name of ['run', 'enterWith'] as const) {
  const original = prototype[name] as (...args: unknown[]) => unknown;
  prototype[name] = function (this: unknown, ...args: unknown[]) {
    process.stderr.write(`AsyncLocalStorage in ${thread}\n`);
    return original.apply(this, args);
  } as never;
}
