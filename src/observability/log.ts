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

/** What is logged, and how it looks. */
export interface LogOptions {
  readonly level: string;
  /** Undefined: pretty where the output is a terminal, else JSON. */
  readonly format?: 'json' | 'pretty' | undefined;
  /** Lines are many, and may be written some at a time, up to {@link WRITTEN_WITHIN_MS} late. Default: false. */
  readonly bulk?: boolean | undefined;
}

/** A log and the way to get its last lines out before the process ends. */
export interface Log {
  readonly logger: Logger;
  flush(): void;
}

/** Bytes that wait for a slow reader of the log; lines beyond are dropped, so that a stuck pipe stops nobody. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** Bytes of lines that are written at once where they are many; a write for each line costs more than the line. */
const BULK_BYTES = 8 * 1024;

/** How long a line may wait for others, in ms. */
const WRITTEN_WITHIN_MS = 100;

/** How every line begins. */
const LOOKS = { base: { pid: process.pid }, timestamp: stdTimeFunctions.isoTime };

const levelByName = (label: string) => ({ level: label });

/** `isoTime`, written once for all lines of a millisecond. */
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

/** A logger that writes JSON lines to `stream`. */
export function createLogger(level: string, stream: DestinationStream): Logger {
  const logger = pino(pinoOptions(level), stream);
  const { child } = logger;
  // pino has formatters for the lines of all loggers, but for the bindings of the first one only.
  logger.child = function (this: Logger, bindings, options) {
    return Reflect.apply(child, this, [redactKeys(bindings), options]);
  } as typeof child;
  return logger;
}

/**
 * A logger to where `log` writes, whatever its level is, for lines that are many and whose fields are chosen: nothing in them
 * is looked for that must not be told, which is most of what a line costs.
 */
export function plainLogger(log: Logger): Logger {
  const stream = (log as unknown as Record<symbol, DestinationStream>)[symbols.streamSym];
  return pino({ ...LOOKS, timestamp: timeOnce(), level: 'info', formatters: { level: levelByName } }, stream);
}

/** The log of a process, on its standard output. */
export async function openLog({ level, format, bulk = false }: LogOptions): Promise<Log> {
  if (format === 'pretty' || (format === undefined && process.stdout.isTTY)) {
    // Loaded only where a person reads: it costs a start 20 ms.
    const { default: pretty } = await import('pino-pretty');
    const stream = pretty({ colorize: process.stdout.isTTY, ignore: 'pid', sync: true });
    return { logger: createLogger(level, stream), flush: () => {} };
  }
  const minLength = bulk ? BULK_BYTES : 0;
  const stream = destination({ dest: 1, sync: false, minLength, maxLength: MAX_WAITING_BYTES });
  if (bulk) setInterval(() => stream.flush(), WRITTEN_WITHIN_MS).unref();
  return { logger: createLogger(level, stream), flush: () => stream.flushSync() };
}
