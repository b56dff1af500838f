// `ThreadHosts` runs hosts in worker threads, each as one long Piscina task.
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { crashed, type ExitReason, HostStartError, NORMAL } from '../errors.js';
import type { Host } from '../host.js';
import { HOST_HEAP_MB } from '../limits.js';
import { PortTransport } from '../link/port-transport.js';
import type { Carrier } from './host-client.js';
import type { HostOptions } from './start-client.js';
import { hostTask, startClient } from './start-client.js';
import type { HostThreadTask } from './thread-entry.js';

/** Heap limits of a worker thread, as `worker_threads` names them. Default: 2048 MiB of old generation. */
export interface ThreadLimits {
  readonly maxOldGenerationSizeMb?: number;
  readonly maxYoungGenerationSizeMb?: number;
  readonly codeRangeSizeMb?: number;
  readonly stackSizeMb?: number;
}

/**
 * Threads for hosts: each host is one Piscina task that lasts as long as the host. If the task rejects, the host has ended;
 * aborting the task kills the host; then Piscina replaces the thread (docs/adr/0002).
 */
export class ThreadHosts {
  readonly #pool: Piscina;
  readonly #size: number;
  #running = 0;

  /** @param size how many hosts may run at the same time; a start beyond that is refused. */
  constructor(size: number, limits: ThreadLimits = {}) {
    this.#size = size;
    this.#pool = new Piscina({
      filename: new URL('./thread-entry.js', import.meta.url).href,
      minThreads: 0,
      maxThreads: size,
      maxQueue: size,
      // A host is never idle in Piscina's sense; waiting on atomics would only block its event loop.
      atomics: 'disabled',
      recordTiming: false,
      resourceLimits: { maxOldGenerationSizeMb: HOST_HEAP_MB, ...limits },
    });
    // A thread may fail after its host ended normally; no host hears of that, so it becomes a warning.
    this.#pool.on('error', (error: Error) => process.emitWarning(error));
  }

  /** @throws HostStartError */
  async start(options: HostOptions): Promise<Host> {
    // Piscina would queue the start until another host ends.
    if (this.#running >= this.#size) throw new HostStartError(options.name, 'all threads have a host');
    const { port1, port2 } = new MessageChannel();
    const task = hostTask(options);
    const carrier = this.#run({ ...task, port: port2 });
    return startClient(options, task, new PortTransport(port1), carrier);
  }

  /** Ends every thread, and with it any host that still runs. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }

  #run(task: HostThreadTask): Carrier {
    this.#running += 1;
    const abort = new AbortController();
    let killed: ExitReason | undefined;
    const ended = this.#pool
      .run(task, { transferList: [task.port], signal: abort.signal })
      .then(() => NORMAL)
      .catch((error: unknown) => killed ?? crashed(error))
      .finally(() => {
        this.#running -= 1;
      });
    return {
      ended,
      kill: (why) => {
        killed ??= { kind: 'killed', why };
        abort.abort(why);
      },
    };
  }
}
