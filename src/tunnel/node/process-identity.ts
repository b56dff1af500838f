import { readFileSync, readlinkSync } from 'node:fs';

/** What tells one process from all others of one machine, also from a later one with its id. */
interface Identity {
  /** Of the machine's start. */
  readonly boot: string;
  /** In which process ids mean what they mean. */
  readonly namespace: string;
  readonly pid: number;
  /** In ticks since the machine's start. */
  readonly startedAt: string;
}

/** This process, as others of its machine may know it again; undefined: the system does not say (it is not Linux). */
export function processIdentity(): string | undefined {
  try {
    return JSON.stringify(identityOf(process.pid));
  } catch {
    return undefined;
  }
}

/** Whether a process has certainly ended. False: it lives, or it is of another machine or container, or nobody knows. */
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

/** The process id that another process is known by here; undefined: it is of another machine or container, or nobody knows. */
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

/** Also a process of another user, which /proc may hide. */
function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Of proc_pid_stat(5): fields 3 and 22. The second is a name, which may hold spaces and brackets. */
function statOf(pid: number): { readonly state: string; readonly startedAt: string } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startedAt] = [fields[0], fields[19]];
  if (state === undefined || startedAt === undefined) throw new Error(`/proc/${pid}/stat is not understood`);
  return { state, startedAt };
}
