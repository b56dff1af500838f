// This module is loaded into the process of each test file (--import): it marks the environment of each process that is started
// there, also of a detached one or one with an environment of its own. run-files.mjs looks for the mark.
import { ChildProcess } from 'node:child_process';
import { identityOf, MARK, RUN } from './marks.mjs';

// Node sets this variable in the processes of test files, and not in the runner's own.
if (process.env.NODE_TEST_CONTEXT !== undefined) {
  const pair = `${MARK}=${process.env[RUN]} ${identityOf(process.pid)}`;
  const { spawn } = ChildProcess.prototype;
  ChildProcess.prototype.spawn = function (options) {
    options.envPairs = [...options.envPairs.filter((each) => !each.startsWith(`${MARK}=`)), pair];
    return spawn.call(this, options);
  };
}
