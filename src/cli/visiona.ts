#!/usr/bin/env node
// This file is the program `visiona`: it sets the process up and runs one command line.
import { setFlagsFromString } from 'node:v8';
import { main } from './main.js';

// Files that this process writes (store, secrets, model files) are readable by its user only.
process.umask(0o077);

// Each thread collects its own garbage. Little survives, so V8's helper threads have little to share, but they take the cores
// from the threads that forward calls: on two cores they cost a tenth of the CPU of a call, and a third of the p99 under load.
setFlagsFromString('--no-parallel-scavenge');
setFlagsFromString('--no-concurrent-array-buffer-sweeping');

// A failed write is reported to its writer; without a listener the error event would end the process.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const code = await main(process.argv.slice(2), {
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signals: process,
});
// A command that has ended waits for nothing; a handle that it left open must not keep the process alive.
process.exit(code);
