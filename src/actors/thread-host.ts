import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { type Clock, systemClock } from './clock.js';
import { crashed } from './errors.js';
import { type ExitReason, NORMAL } from './exit.js';
import type { Host } from './host.js';
import type { Carrier } from './hosting/carrier.js';
import { HostClient } from './hosting/host-client.js';
import type { LivenessOptions } from './hosting/liveness.js';
import type { HostThreadTask } from './hosting/thread-entry.js';
import { HOST_HEAP_MB, HOST_START_TIMEOUT_MS, LIVENESS_PERIOD_MS, LIVENESS_TIMEOUT_MS } from './limits.js';
import { defaultBounds, type LinkBounds } from './link/link.js';
import { PortTransport } from './link/port-transport.js';

/** Heap limits of a worker thread, as `worker_threads` names them. Default: 2048 MiB of old generation. */
export interface ThreadLimits {
  readonly maxOldGenerationSizeMb?: number;
  readonly maxYoungGenerationSizeMb?: number;
  readonly codeRangeSizeMb?: number;
  readonly stackSizeMb?: number;
}

export interface ThreadHostOptions {
  /** For logs and errors. */
  readonly name: string;
  /** A module that exports `implementations` (HostModule). */
  readonly module: URL;
  /** Handed to the module's `implementations` if that is a function; must survive the structured clone. */
  readonly data?: unknown;
  readonly bounds?: Partial<LinkBounds>;
  readonly liveness?: Partial<LivenessOptions>;
  /** Milliseconds until the module must be loaded. Default 10,000. */
  readonly startTimeoutMs?: number;
  readonly clock?: Clock;
}

/**
 * Threads for hosts: each host is one Piscina task that lasts as long as the host. The task's rejection is the
 * host's exit, the abort signal its kill; Piscina replaces the thread (docs/adr/0002).
 */
export class ThreadHosts {
  readonly #pool: Piscina;

  /** @param size hosts that may run at the same time; a start beyond that is refused. */
  constructor(size: number, limits: ThreadLimits = {}) {
    this.#pool = new Piscina({
      filename: new URL('./hosting/thread-entry.js', import.meta.url).href,
      minThreads: 0,
      maxThreads: size,
      maxQueue: size,
      // A host is never idle in Piscina's sense; waiting on atomics would only block its event loop.
      atomics: 'disabled',
      recordTiming: false,
      resourceLimits: { maxOldGenerationSizeMb: HOST_HEAP_MB, ...limits },
    });
    // A thread that fails after its host ended normally: no host hears of it, so somebody must.
    this.#pool.on('error', (error: Error) => process.emitWarning(error));
  }

  /** @throws HostStartError */
  start(options: ThreadHostOptions): Promise<Host> {
    const bounds: LinkBounds = { ...defaultBounds, ...options.bounds };
    const { port1, port2 } = new MessageChannel();
    const task: HostThreadTask = { port: port2, module: options.module.href, data: options.data, bounds };
    const client = new HostClient(new PortTransport(port1), this.#run(task), {
      name: options.name,
      bounds,
      liveness: { periodMs: LIVENESS_PERIOD_MS, timeoutMs: LIVENESS_TIMEOUT_MS, ...options.liveness },
      clock: options.clock ?? systemClock,
    });
    return client.started(options.startTimeoutMs ?? HOST_START_TIMEOUT_MS);
  }

  /** Ends every thread. Hosts still there are killed. */
  close(): Promise<void> {
    return this.#pool.destroy();
  }

  #run(task: HostThreadTask): Carrier {
    const abort = new AbortController();
    let killed: ExitReason | undefined;
    const ended = this.#pool
      .run(task, { transferList: [task.port], signal: abort.signal })
      .then(() => NORMAL)
      .catch((error: unknown) => killed ?? crashed(error));
    return {
      ended,
      kill: (why) => {
        killed ??= { kind: 'killed', why };
        abort.abort(why);
      },
    };
  }
}

/** One host with a pool of its own. @throws HostStartError */
export async function startThreadHost(
  options: ThreadHostOptions & { readonly limits?: ThreadLimits },
): Promise<Host> {
  const hosts = new ThreadHosts(1, options.limits);
  try {
    const host = await hosts.start(options);
    void host.exited.then(() => hosts.close());
    return host;
  } catch (error) {
    await hosts.close();
    throw error;
  }
}
