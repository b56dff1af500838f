// Loaded into the process of each test file (--import): what that starts, and what those start, carries a mark in its environment,
// also where it is detached or gets an environment of its own. run-files.mjs looks for it.
import { ChildProcess } from 'node:child_process';
import { identityOf, MARK, RUN } from './marks.mjs';

// Node sets it in the processes of test files, and not in the runner's own.
if (process.env.NODE_TEST_CONTEXT !== undefined) {
  const pair = `${MARK}=${process.env[RUN]} ${identityOf(process.pid)}`;
  const { spawn } = ChildProcess.prototype;
  ChildProcess.prototype.spawn = function (options) {
    options.envPairs = [...options.envPairs.filter((each) => !each.startsWith(`${MARK}=`)), pair];
    return spawn.call(this, options);
  };
}
