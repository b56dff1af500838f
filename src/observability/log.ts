import {
  type DestinationStream,
  destination,
  type Logger,
  type LoggerOptions,
  pino,
  stdTimeFunctions,
} from 'pino';
import { redactKeys, redactText } from './redact.js';

export type { Logger } from 'pino';

/** What is logged, and how it looks. */
export interface LogOptions {
  readonly level: string;
  /** Undefined: pretty where the output is a terminal, else JSON. */
  readonly format?: 'json' | 'pretty' | undefined;
}

/** A log and the way to get its last lines out before the process ends. */
export interface Log {
  readonly logger: Logger;
  flush(): void;
}

/** Bytes that wait for a slow reader of the log; lines beyond are dropped, so that a stuck pipe stops nobody. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

function pinoOptions(level: string): LoggerOptions {
  return {
    level,
    base: { pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: redactKeys },
    hooks: { streamWrite: redactText },
  };
}

/** A logger that writes JSON lines to `stream`. */
export function createLogger(level: string, stream: DestinationStream): Logger {
  const logger = pino(pinoOptions(level), stream);
  const { child } = logger;
  // pino has formatters for the lines of all loggers, but for the bindings of the first one only.
  logger.child = function (this: Logger, bindings, options) {
    return child.call(this, redactKeys(bindings), options);
  } as typeof child;
  return logger;
}

/** The log of a process, on its standard output. */
export async function openLog({ level, format }: LogOptions): Promise<Log> {
  if (format === 'pretty' || (format === undefined && process.stdout.isTTY)) {
    // Loaded only where a person reads: it costs a start 20 ms.
    const { default: pretty } = await import('pino-pretty');
    const stream = pretty({ colorize: process.stdout.isTTY, ignore: 'pid', sync: true });
    return { logger: createLogger(level, stream), flush: () => {} };
  }
  const stream = destination({ dest: 1, sync: false, maxLength: MAX_WAITING_BYTES });
  return { logger: createLogger(level, stream), flush: () => stream.flushSync() };
}
