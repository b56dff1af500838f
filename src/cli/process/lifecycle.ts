// Lifecycle records the parts of a process that were started, and stops them in reverse.

import { setTimeout as delay } from 'node:timers/promises';
import { CodedError } from '../../actors/errors.js';
import type { Logger } from '../../observability/log.js';

/** How long a part may take to stop, in ms, unless it says otherwise. */
const STOP_MS = 15_000;

/** One part of a process. A start that fails leaves nothing running. */
export interface Part<Started> {
  start(): Started;
  /** Stops the part. @param started the result of `start` */
  stop(started: Awaited<Started>): unknown;
  /** How long `stop` may take, in ms. */
  readonly deadlineMs?: number;
}

interface StartedPart {
  readonly name: string;
  readonly deadlineMs: number;
  stop(): unknown;
}

/**
 * The started parts of a process, in order. A stop ends the parts in reverse, one after the other; a part that fails to stop, or
 * hangs, is named in the log and does not keep the others from being stopped.
 */
export class Lifecycle {
  readonly #log: Logger;
  readonly #started: StartedPart[] = [];
  #stopped: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Starts a part and records it. @returns the result of its start @throws the error of its start; then it is not recorded */
  async start<Started>(name: string, part: Part<Started>): Promise<Awaited<Started>> {
    const started = await part.start();
    this.onStop(name, () => part.stop(started), part.deadlineMs);
    return started;
  }

  /** Records a part that needs no start, or that starts later and must be stopped in this place. */
  onStop(name: string, stop: () => unknown, deadlineMs: number = STOP_MS): void {
    this.#started.push({ name, stop, deadlineMs });
  }

  /** Stops all parts. Later calls get the same stop. @throws the first error of a part, once all were stopped */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  async #stopAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const part of this.#started.toReversed()) {
      try {
        await stopInTime(part);
      } catch (error) {
        this.#log.error({ part: part.name, err: error }, 'a part could not be stopped');
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

/** Starts a process; if that fails, stops the parts that were started. @throws the error of `start` */
export async function starting<Process>(
  log: Logger,
  start: (lifecycle: Lifecycle) => Promise<Process>,
): Promise<Process> {
  const lifecycle = new Lifecycle(log);
  try {
    return await start(lifecycle);
  } catch (error) {
    // The log names the parts that could not be stopped; the operator has to fix the reason for which the start failed.
    await lifecycle.stop().catch(() => {});
    throw error;
  }
}

async function stopInTime({ name, deadlineMs, stop }: StartedPart): Promise<void> {
  const stopped = new AbortController();
  const tooLate = async (): Promise<never> => {
    await delay(deadlineMs, undefined, { signal: stopped.signal });
    throw new CodedError('ERR_DRAIN', `${name} did not stop within ${deadlineMs / 1000} s`);
  };
  try {
    await Promise.race([stop(), tooLate()]);
  } finally {
    stopped.abort();
  }
}
