import { readdir, readFile } from 'node:fs/promises';

/** Ticks a second in /proc/PID/stat: USER_HZ, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** User and system CPU time of a process, all its threads and its child processes, in microseconds; 10 ms steps. */
export async function cpuMicros(pid: number): Promise<number> {
  const own = (await ticks(pid)) * (1e6 / TICKS_PER_SECOND);
  const children = await Promise.all((await childrenOf(pid)).map(cpuMicros));
  return children.reduce((sum, micros) => sum + micros, own);
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
