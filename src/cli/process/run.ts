import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, describeExit, type ExitReason } from '../../actors/errors.js';
import type { Logger } from '../../observability/log.js';

/** What a drain could not wait for. */
export interface Drained {
  /** Calls and WebSockets that were cut, where the command has such. */
  readonly cut?: number;
}

/** A command that keeps running: what a composition root gives the run loop. */
export interface RunningProcess {
  /** The URLs it listens on, by name (`api`, `tunnel`, `internal`), for the ready line. */
  readonly ready: Readonly<Record<string, string>>;
  /** Unready first, then lets what runs finish and closes everything; resolves when nothing is left open. */
  drain(): Promise<Drained>;
  /** Resolves with the reason when it cannot go on. Pending as long as it can. */
  readonly failed: Promise<Error>;
}

/** Resolves with the reason for which a process cannot go on, once one of its supervisors has given up. */
export function givenUp(...exits: readonly Promise<ExitReason>[]): Promise<Error> {
  return new Promise((resolve) => {
    for (const exit of exits) {
      void exit.then((reason) => {
        if (reason.kind !== 'normal') resolve(new Error(`a supervisor gave up: ${describeExit(reason)}`));
      });
    }
  });
}

/** How signals reach the run loop; `process` is one. */
export interface SignalSource {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  off(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
}

export interface RunOptions {
  readonly log: Logger;
  readonly signals: SignalSource;
  /** How long a drain may take, in milliseconds. */
  readonly drainMs: number;
  /** Milliseconds of a clock that never steps back. */
  readonly now?: () => number;
}

/** The bound of a drain (01-system §1.4 of the specification). */
export const DRAIN_MS = 30_000;

/** How much of it calls may take to finish: what is left is for a clean close. */
export const CALLS_DRAIN_MS = 25_000;

/** Signals closer together than this are one: a process group gets a terminal's or a supervisor's twice. In ms. */
const SAME_SIGNAL_MS = 500;

/** Counts signals: the first asks for a drain, the second ends it. */
function watch(source: SignalSource, now: () => number) {
  const first = new AbortController();
  const second = new AbortController();
  let firstAt: number | undefined;
  const listener = (): void => {
    if (firstAt === undefined) {
      firstAt = now();
      first.abort();
    } else if (now() - firstAt >= SAME_SIGNAL_MS) second.abort();
  };
  source.on('SIGTERM', listener);
  source.on('SIGINT', listener);
  const ignore = (): void => {
    source.off('SIGTERM', listener);
    source.off('SIGINT', listener);
  };
  return { first: first.signal, second: second.signal, ignore };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

async function timeout(ms: number, signal: AbortSignal): Promise<never> {
  await delay(ms, undefined, { signal });
  throw new CodedError('ERR_DRAIN', `what was running did not finish within ${ms / 1000} s`);
}

async function forced(second: AbortSignal): Promise<never> {
  await aborted(second);
  throw new CodedError('ERR_DRAIN', 'a second signal ended it before everything had finished');
}

async function failure(running: RunningProcess): Promise<never> {
  throw await running.failed;
}

/**
 * Starts a process, prints the ready line, and keeps it until it is told to stop and has drained.
 * @throws what the start threw; the reason of a failure; CodedError ERR_DRAIN when a drain was cut short
 */
export async function runProcess(
  start: () => Promise<RunningProcess>,
  { log, signals, drainMs, now = () => performance.now() }: RunOptions,
): Promise<void> {
  const { first, second, ignore } = watch(signals, now);
  const over = new AbortController();
  try {
    const running = await Promise.race([start(), forced(second)]);
    // Its own level: whoever waits for this line gets it however little else is logged.
    log.child({}, { level: 'info' }).info(running.ready, 'ready');
    await Promise.race([aborted(first), failure(running)]);
    log.info('draining');
    const limits = [forced(second), timeout(drainMs, over.signal), failure(running)];
    log.info(await Promise.race([running.drain(), ...limits]), 'stopped');
  } finally {
    over.abort();
    ignore();
  }
}
