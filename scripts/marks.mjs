// A mark in a process's environment tells which test file started the process, even if its parent is gone or it is detached.
import { readdirSync, readFileSync } from 'node:fs';

/** The environment variable that names a run of the tests; the runner has it. */
export const RUN = 'TEST_RUN';
/** The environment variable that names the run and the test file's process that started a process. */
export const MARK = 'STARTED_BY_TEST';

/** Identifies a process for ever: its id may be used again, but not with the same start time. @param {number} pid */
export function identityOf(pid) {
  // The fields after the name, which is in parentheses and may contain anything: the state is field 3, the start time field 22
  // (proc(5)).
  const stat = read(`/proc/${pid}/stat`);
  return `${pid}:${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
}

/**
 * Lists processes that a test file of `run` has started and that outlive it. Empty where there is no /proc.
 * @param {string} run
 */
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

/** Lists the children of a process; empty where there is no /proc. @param {number} pid @returns {readonly number[]} */
export function childrenOf(pid) {
  const list = read(`/proc/${pid}/task/${pid}/children`).trim();
  return list === '' ? [] : list.split(' ').map(Number);
}

/** The end of a command line, where a test file's command line has its name. @param {number} pid */
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

/** Reads a file; empty for a process that has ended meanwhile, or is not ours to look at. @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
