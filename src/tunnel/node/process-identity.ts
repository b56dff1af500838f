// This file tells whether a process of this machine still lives, by more than the process id.
import { readFileSync, readlinkSync } from 'node:fs';

/** Identifies a process among all others of its machine, even among later ones with the same process id. */
interface Identity {
  /** The id of the machine's start. */
  readonly boot: string;
  /** The namespace that the process id belongs to. */
  readonly namespace: string;
  readonly pid: number;
  /** When the process started, in ticks since the machine's start. */
  readonly startedAt: string;
}

/** The identity of this process, by which other processes of its machine recognise it; undefined: the system is not Linux. */
export function processIdentity(): string | undefined {
  try {
    return JSON.stringify(identityOf(process.pid));
  } catch {
    return undefined;
  }
}

/** Whether a process has certainly ended. False: it lives, belongs to another machine or container, or its state is unknown. */
export function hasEnded(identity: string): boolean {
  try {
    const pid = pidHere(identity);
    if (pid === undefined) return false;
    const { startedAt } = JSON.parse(identity) as Identity;
    if (!isThere(pid)) return true;
    const { state, startedAt: nowStartedAt } = statOf(pid);
    return nowStartedAt !== startedAt || state === 'Z' || state === 'X';
  } catch {
    return false;
  }
}

/** The process id that another process has here; undefined: it belongs to another machine or container, or its id is unknown. */
export function pidHere(identity: string): number | undefined {
  try {
    const { boot, namespace, pid } = JSON.parse(identity) as Identity;
    const own = identityOf(process.pid);
    return boot === own.boot && namespace === own.namespace ? pid : undefined;
  } catch {
    return undefined;
  }
}

function identityOf(pid: number): Identity {
  return {
    boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    namespace: readlinkSync('/proc/self/ns/pid'),
    pid,
    startedAt: statOf(pid).startedAt,
  };
}

/** Whether a process with this id exists, including one of another user, which /proc may hide. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Fields 3 and 22 of proc_pid_stat(5). They are counted behind field 2, a name, which may hold spaces and brackets. */
function statOf(pid: number): { readonly state: string; readonly startedAt: string } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startedAt] = [fields[0], fields[19]];
  if (state === undefined || startedAt === undefined) throw new Error(`/proc/${pid}/stat is not understood`);
  return { state, startedAt };
}
