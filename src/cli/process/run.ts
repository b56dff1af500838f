// This file runs a process until a signal or a failure ends it, with a bound on its drain.
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { CodedError, describeExit, type ExitReason } from '../../actors/errors.js';
import type { Logger } from '../../observability/log.js';

/** The result of a drain. */
export interface Drained {
  /** The number of calls and WebSockets that were cut at the deadline; undefined: the process has none. */
  readonly cut?: number;
}

/** A started process, as the run loop sees it. */
export interface RunningProcess {
  /** The URLs that the process listens on, by name (`api`, `tunnel`, `internal`), for the ready line. */
  readonly ready: Readonly<Record<string, string>>;
  /** Makes the process unready, lets calls finish, and stops all parts; resolves when nothing is left open. */
  drain(): Promise<Drained>;
  /** Resolves with the reason when the process cannot go on; stays pending as long as it can. */
  readonly failed: Promise<Error>;
}

/** Resolves with the reason why a process cannot go on, once one of its supervisors has given up. */
export function givenUp(...exits: readonly Promise<ExitReason>[]): Promise<Error> {
  return new Promise((resolve) => {
    for (const exit of exits) {
      void exit.then((reason) => {
        if (reason.kind !== 'normal') resolve(new Error(`a supervisor gave up: ${describeExit(reason)}`));
      });
    }
  });
}

/** A source of signals for the run loop, such as `process`. */
export interface SignalSource {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  off(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
}

/** The log, the signals and the bounds of a run. */
export interface RunOptions {
  readonly log: Logger;
  readonly signals: SignalSource;
  /** How long a drain may take, in milliseconds. */
  readonly drainMs: number;
  /** Milliseconds of a clock that never steps back. */
  readonly now?: () => number;
}

/** How long a drain may take, in ms (01-system §1.4 of the specification). */
export const DRAIN_MS = 30_000;

/** The part of {@link DRAIN_MS} that calls may take to finish; the rest is for stopping the parts. */
export const CALLS_DRAIN_MS = 25_000;

/** Signals closer together than this count as one, in ms: a process may get a signal of its own and one of its group. */
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
 * Starts a process, prints the ready line, and keeps the process running until it is told to stop and has drained.
 * @throws the error of the start; the reason of a failure; CodedError ERR_DRAIN if a drain was cut short
 */
export async function runProcess(
  start: () => Promise<RunningProcess>,
  { log, signals, drainMs, now = () => performance.now() }: RunOptions,
): Promise<void> {
  const { first, second, ignore } = watch(signals, now);
  const over = new AbortController();
  try {
    const running = await Promise.race([start(), forced(second)]);
    // The ready line has its own level, because scripts wait for it whatever LOG_LEVEL is.
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
