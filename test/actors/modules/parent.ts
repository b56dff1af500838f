// This program has a process host, prints its pid, and is then killed by the test.
import { startProcessHost } from '../../../src/actors/hosting/process-host.js';
import { echo } from '../echo-kind.js';

/** A program that has a process host, says so, and is then killed by the test. */
const host = await startProcessHost({
  name: 'orphan',
  module: new URL('../echo-module.js', import.meta.url),
});
const ref = host.spawn(echo, null, { message: () => {}, exited: () => {} });
ref.tell('!linger');
process.stdout.write(`${await ref.ask('pid', null, 5000)}\n`);
