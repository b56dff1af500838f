#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { main } from './main.js';

// What this process writes (store, secrets, model files) is for its user only.
process.umask(0o077);

// Each thread collects its own garbage. Little survives, so helper threads have nothing to share, but take the cores from the
// threads that forward calls: on two of them that was a tenth of the CPU of a call, and a third of the p99 under load.
setFlagsFromString('--no-parallel-scavenge');
setFlagsFromString('--no-concurrent-array-buffer-sweeping');

// Whoever writes to them hears of a failure at the write.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const code = await main(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
});
// A command that has ended leaves nothing that is worth waiting for, and a handle that was left must not hold it.
process.exit(code);
