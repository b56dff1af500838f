// Who started a process, told by a mark in its environment: which no parent's death and no session of its own takes away.
import { readdirSync, readFileSync } from 'node:fs';

/** Which run of the tests this is; in the environment of its runner. */
export const RUN = 'TEST_RUN';
/** Which run, and which test file's process, somebody was started by. */
export const MARK = 'STARTED_BY_TEST';

/** Of a process, for ever: its id may be used again, but not with the same start. @param {number} pid */
export function identityOf(pid) {
  // After the name, which is in parentheses and may hold anything: the state is field 3, the start field 22 (proc(5)).
  const stat = read(`/proc/${pid}/stat`);
  return `${pid}:${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
}

/** Processes that a test file of `run` has started and that is gone. None where there is no /proc. @param {string} run */
export function orphans(run) {
  const found = [];
  for (const entry of entries()) {
    const start = `${MARK}=${run} `;
    const by = read(`/proc/${entry}/environ`)
      .split('\0')
      .find((pair) => pair.startsWith(start))
      ?.slice(start.length);
    if (by === undefined || identityOf(Number.parseInt(by, 10)) === by) continue;
    found.push({ pid: Number(entry), command: commandOf(Number(entry)) });
  }
  return found;
}

/** @param {number} pid @returns {readonly number[]} none where there is no /proc */
export function childrenOf(pid) {
  const list = read(`/proc/${pid}/task/${pid}/children`).trim();
  return list === '' ? [] : list.split(' ').map(Number);
}

/** The end of a command line, where a test file's has its name. @param {number} pid */
export function commandOf(pid) {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(-200);
}

function entries() {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** Empty for a process that has ended meanwhile, or is not ours to look at. @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
