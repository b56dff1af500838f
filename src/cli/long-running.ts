import type { RawSettings } from '../config/read.js';
import { unknownVariables } from '../config/report.js';
import type { LogConfig } from '../config/types.js';
import { type Logger, openLog } from '../observability/log.js';
import type { Command } from './command.js';
import { CliError } from './errors.js';
import { missingBinary } from './native.js';
import { DRAIN_MS, type RunningProcess, runProcess } from './process/run.js';

/** A composition root: starts everything a command is made of. */
export type Root<C> = (config: C, log: Logger) => Promise<RunningProcess>;

async function importRoot<C>(load: () => Promise<Root<C>>): Promise<Root<C>> {
  try {
    return await load();
  } catch (error) {
    const sentence = missingBinary(error);
    throw sentence === undefined ? error : new CliError('ERR_MISSING_BINARY', sentence, { cause: error });
  }
}

/** The `run` of a command that keeps running until it is told to stop. */
export function longRunning<C extends { readonly log: LogConfig; readonly accessLog?: boolean }>(
  load: (given: RawSettings) => C,
  root: () => Promise<Root<C>>,
): Command['run'] {
  return async ({ given, signals }) => {
    const config = load(given);
    const { logger, flush } = await openLog({ ...config.log, bulk: config.accessLog });
    const lastWords = (error: Error): void => {
      logger.fatal({ err: error }, 'uncaught');
      flush();
    };
    process.on('uncaughtExceptionMonitor', lastWords);
    try {
      // The first line comes after the handlers of signals: a process that a signal ends loses what waits to be written.
      const start = async (): Promise<RunningProcess> => {
        for (const { name, problem } of unknownVariables(given.env)) logger.warn({ name }, problem);
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
