// This file makes the `run` of commands that run until they are stopped.
import type { RawSettings } from '../config/read.js';
import { unknownVariables } from '../config/report.js';
import type { LogConfig } from '../config/types.js';
import { type Logger, openLog } from '../observability/log.js';
import type { Command } from './command.js';
import { CliError } from './errors.js';
import { DRAIN_MS, type RunningProcess, runProcess } from './process/run.js';

/** The beginning of the error message of uWebSockets.js's loader, whose error has no code. */
const UWS_REFUSAL = 'This version of uWS.js supports only';

/** Starts a process. If the start fails, stops all parts that had started, and throws the error. */
export type Root<C> = (config: C, log: Logger) => Promise<RunningProcess>;

async function importRoot<C>(load: () => Promise<Root<C>>): Promise<Root<C>> {
  try {
    return await load();
  } catch (error) {
    const sentence = missingBinary(error);
    throw sentence === undefined ? error : new CliError('ERR_MISSING_BINARY', sentence, { cause: error });
  }
}

/** Makes the `run` of a command that runs until it is told to stop. */
export function longRunning<C extends { readonly log: LogConfig; readonly accessLog?: boolean }>(
  load: (raw: RawSettings) => C,
  root: () => Promise<Root<C>>,
): Command['run'] {
  return async ({ raw, signals }) => {
    const config = load(raw);
    const { logger, flush } = await openLog({ ...config.log, bulk: config.accessLog });
    const lastWords = (error: Error): void => {
      logger.fatal({ err: error }, 'uncaught');
      flush();
    };
    process.on('uncaughtExceptionMonitor', lastWords);
    try {
      // Nothing is logged before the signal handlers exist: a signal would end the process and lose lines that are not written
      // yet.
      const start = async (): Promise<RunningProcess> => {
        for (const { name, problem } of unknownVariables(raw.env)) logger.warn({ name }, problem);
        return (await importRoot(root))(config, logger);
      };
      await runProcess(start, { log: logger, signals, drainMs: DRAIN_MS });
      return 0;
    } finally {
      process.off('uncaughtExceptionMonitor', lastWords);
      flush();
    }
  };
}

/** A sentence for the operator if an error says that a native module has no binary for this machine; else undefined. */
export function missingBinary(error: unknown): string | undefined {
  if (!(error instanceof Error) || !error.message.startsWith(UWS_REFUSAL)) return undefined;
  const { platform, arch, version } = process;
  const here = platform === 'linux' ? `${platform} ${arch}, ${glibcVersion()}` : `${platform} ${arch}`;
  return (
    `uWebSockets.js has no binary that loads on Node ${version} here (${here}); ` +
    'use Node 20, or Node 22 or 24 where glibc is 2.38 or later'
  );
}

function glibcVersion(): string {
  const report = process.report?.getReport();
  const header =
    typeof report === 'object' && report !== null && 'header' in report ? report.header : undefined;
  const version =
    typeof header === 'object' && header !== null && 'glibcVersionRuntime' in header
      ? header.glibcVersionRuntime
      : undefined;
  return typeof version === 'string' ? `glibc ${version}` : 'no glibc';
}
