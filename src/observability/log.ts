import {
  type DestinationStream,
  destination,
  type Logger,
  type LoggerOptions,
  pino,
  stdTimeFunctions,
} from 'pino';

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

/** Keys whose values never reach a line, at the top of a logged object and two levels below it. */
export const REDACTED_KEYS: readonly string[] = [
  'authorization',
  'cookie',
  'set-cookie',
  'token',
  'sessionToken',
  'deviceToken',
  'secret',
  'internalSecret',
  'sessionSecret',
  'clientSecret',
  'password',
  'databaseUrl',
  'idToken',
  'accessToken',
  'refreshToken',
  'verifier',
  'nonce',
  'sealed',
];

const CENSOR = '[redacted]';

/** Bytes that wait for a slow reader of the log; lines beyond are dropped, so that a stuck pipe stops nobody. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

const CREDENTIAL_IN_TEXT = /([?&](?:token|code|secret|state|nonce|id_token_hint)=|\bBearer\s+)[^\s"'&\\]+/gi;

/** Takes credentials out of text: `?token=…` in a URL, `Bearer …` in a header that was quoted. */
export function redactText(line: string): string {
  return line.replace(CREDENTIAL_IN_TEXT, `$1${CENSOR}`);
}

function redactedPaths(): string[] {
  const step = (key: string): string => (key.includes('-') ? `["${key}"]` : key);
  const below = (prefix: string, key: string): string =>
    key.startsWith('[') ? prefix + key : `${prefix}.${key}`;
  return REDACTED_KEYS.map(step).flatMap((key) => [key, below('*', key), below('*.*', key)]);
}

function pinoOptions(level: string): LoggerOptions {
  return {
    level,
    base: { pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: redactedPaths(), censor: CENSOR },
    hooks: { streamWrite: redactText },
  };
}

/** A logger that writes JSON lines to `stream`. */
export function createLogger(level: string, stream: DestinationStream): Logger {
  return pino(pinoOptions(level), stream);
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
