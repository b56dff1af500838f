// This file reads the CPU time and memory of processes from /proc.
import { readdir, readFile } from 'node:fs/promises';

/** The ticks a second in /proc/PID/stat: USER_HZ, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * The user and system CPU time of a process with all its threads and its child processes, in microseconds; it moves in steps of
 * 10 ms.
 */
export async function cpuMicros(pid: number): Promise<number> {
  return (await sumOfTree(pid, ticks)) * (1e6 / TICKS_PER_SECOND);
}

/** The resident memory of a process and its child processes, in bytes; shared memory counts for each of them. */
export function residentBytes(pid: number): Promise<number> {
  return sumOfTree(pid, async (each) => {
    const status = await readFile(`/proc/${each}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  });
}

/**
 * Tells a process and its child processes to collect garbage: the product with its preload, or a peer that handles the signal.
 */
export async function collectGarbage(pid: number): Promise<void> {
  process.kill(pid, 'SIGUSR2');
  await Promise.all((await childrenOf(pid)).map(collectGarbage));
}

async function sumOfTree(pid: number, measure: (pid: number) => Promise<number>): Promise<number> {
  const own = await measure(pid);
  const children = await Promise.all((await childrenOf(pid)).map((child) => sumOfTree(child, measure)));
  return children.reduce((sum, each) => sum + each, own);
}

async function ticks(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The command name, in parentheses, may hold spaces; utime and stime are fields 14 and 15 of proc(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => '')),
  );
  return lists.join(' ').split(' ').filter(Boolean).map(Number);
}
