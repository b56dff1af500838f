// This file makes the log of a process (pino), with secrets removed.
import {
  type DestinationStream,
  destination,
  type Logger,
  type LoggerOptions,
  pino,
  stdTimeFunctions,
  symbols,
} from 'pino';
import { redactKeys, redactText } from './redact.js';

export type { Logger } from 'pino';

/** Which lines are logged, and in which form. */
export interface LogOptions {
  readonly level: string;
  /** The form of lines. Undefined: pretty if the output is a terminal, else JSON. */
  readonly format?: 'json' | 'pretty' | undefined;
  /** There are many lines, which are written several at a time, up to {@link WRITTEN_WITHIN_MS} late. Default: false. */
  readonly bulk?: boolean | undefined;
}

/** A log, and the function that writes its last lines before the process ends. */
export interface Log {
  readonly logger: Logger;
  flush(): void;
}

/**
 * The most bytes that may wait for a slow reader of the log. Further lines are dropped: a stuck pipe must not stop the process.
 */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** The bytes of lines that one write carries in bulk mode: a write for each line would cost more than the line. */
const BULK_BYTES = 8 * 1024;

/** How long a line may wait for others in bulk mode, in ms. */
const WRITTEN_WITHIN_MS = 100;

/** The fields with which every line begins. */
const LOOKS = { base: { pid: process.pid }, timestamp: stdTimeFunctions.isoTime };

const levelByName = (label: string) => ({ level: label });

/** Makes pino's `isoTime`, formatted once for all lines of a millisecond. */
function timeOnce(): () => string {
  let [at, text] = [0, ''];
  return () => {
    const now = Date.now();
    if (now === at) return text;
    at = now;
    text = stdTimeFunctions.isoTime();
    return text;
  };
}

function pinoOptions(level: string): LoggerOptions {
  return {
    ...LOOKS,
    level,
    formatters: { level: levelByName, log: redactKeys },
    hooks: { streamWrite: redactText },
  };
}

/** Makes a logger that writes JSON lines to `stream`. */
export function createLogger(level: string, stream: DestinationStream): Logger {
  const logger = pino(pinoOptions(level), stream);
  const { child } = logger;
  // pino applies formatters to the lines of all loggers, but to the bindings of the first logger only.
  logger.child = function (this: Logger, bindings, options) {
    return Reflect.apply(child, this, [redactKeys(bindings), options]);
  } as typeof child;
  return logger;
}

/**
 * Makes a logger to the same output as `log`, of level info, for many lines whose fields are known to hold no secret: it does not
 * redact, which is most of the cost of a line.
 */
export function plainLogger(log: Logger): Logger {
  const stream = (log as unknown as Record<symbol, DestinationStream>)[symbols.streamSym];
  return pino({ ...LOOKS, timestamp: timeOnce(), level: 'info', formatters: { level: levelByName } }, stream);
}

/** Opens the log of a process, on its standard output. */
export async function openLog({ level, format, bulk = false }: LogOptions): Promise<Log> {
  if (format === 'pretty' || (format === undefined && process.stdout.isTTY)) {
    // pino-pretty is loaded for a terminal only, because loading takes 20 ms.
    const { default: pretty } = await import('pino-pretty');
    const stream = pretty({ colorize: process.stdout.isTTY, ignore: 'pid', sync: true });
    return { logger: createLogger(level, stream), flush: () => {} };
  }
  const minLength = bulk ? BULK_BYTES : 0;
  const stream = destination({ dest: 1, sync: false, minLength, maxLength: MAX_WAITING_BYTES });
  if (bulk) setInterval(() => stream.flush(), WRITTEN_WITHIN_MS).unref();
  return { logger: createLogger(level, stream), flush: () => stream.flushSync() };
}
