// A process host runs actors in a child process, so that a crash of native code ends only that process.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { CodedError, crashed, type ExitReason, HostStartError, NORMAL } from '../errors.js';
import type { Host } from '../host.js';
import { HOST_HEAP_MB } from '../limits.js';
import { IpcTransport } from '../link/ipc-transport.js';
import type { Carrier } from './host-client.js';
import type { HostOptions } from './start-client.js';
import { hostTask, startClient } from './start-client.js';

/** The options of a process host. */
export interface ProcessHostOptions extends HostOptions {
  /** Heap of the process in MiB. Default 2048. */
  readonly heapMb?: number;
}

const ENTRY = new URL('./process-entry.js', import.meta.url);

/**
 * Starts a host in a child process, for actors whose native code could crash the whole process (docs/adr/0004). The host is
 * killed as a process, and ends by itself when this process dies.
 * @throws HostStartError
 */
export async function startProcessHost(options: ProcessHostOptions): Promise<Host> {
  const task = hostTask(options);
  const child = fork(ENTRY, {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [...process.execArgv, `--max-old-space-size=${options.heapMb ?? HOST_HEAP_MB}`],
  });
  // Without a process (no file descriptor was left, for example) there is no channel either.
  if (child.pid === undefined) throw await spawnError(options.name, child);
  const carrier = new ProcessCarrier(child);
  // An error here means that the child did not come up, which its exit reports.
  child.send(task, () => {});
  return startClient(options, task, new IpcTransport(child), carrier);
}

async function spawnError(host: string, child: ChildProcess): Promise<HostStartError> {
  const [cause] = (await once(child, 'error')) as [Error];
  return new HostStartError(host, cause.message, { cause });
}

class ProcessCarrier implements Carrier {
  readonly #child: ChildProcess;
  readonly ended: Promise<ExitReason>;
  #killed: ExitReason | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    const failed = new Promise<ExitReason>((resolve) => {
      child.once('error', (error) => resolve(crashed(error)));
    });
    const exited = new Promise<ExitReason>((resolve) => {
      child.once('exit', (code, signal) => resolve(this.#killed ?? exitReason(code, signal)));
    });
    // The channel closes once everything that the child sent has been read: only then is the end complete.
    const closed = new Promise<void>((resolve) => {
      child.once('disconnect', resolve);
    });
    this.ended = Promise.race([failed, Promise.all([exited, closed]).then(([reason]) => reason)]);
  }

  kill(why: string): void {
    this.#killed ??= { kind: 'killed', why };
    this.#child.kill('SIGKILL');
  }
}

function exitReason(code: number | null, signal: NodeJS.Signals | null): ExitReason {
  if (code === 0) return NORMAL;
  const how = signal === null ? `code ${code}` : `signal ${signal}`;
  return crashed(new CodedError('HOST_EXIT', `the host process ended with ${how}`));
}
