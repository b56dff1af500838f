#!/usr/bin/env node
// This file is the program: it sets the process up and runs one command line.
import { setFlagsFromString } from 'node:v8';
import { main } from './main.js';

// Files that this process writes (store, secrets, model files) are for its user only.
process.umask(0o077);

// Each thread collects its own garbage. Little survives, so helper threads have nothing to share, but take the cores from the
// threads that forward calls: on two of them that was a tenth of the CPU of a call, and a third of the p99 under load.
setFlagsFromString('--no-parallel-scavenge');
setFlagsFromString('--no-concurrent-array-buffer-sweeping');

// A failed write is reported to its writer; without a listener the event would end the process.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const code = await main(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
});
// An ended command has nothing to wait for; a handle that it left open must not keep the process alive.
process.exit(code);
