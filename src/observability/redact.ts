// This file removes secrets from log lines.
import { stdSerializers } from 'pino';

/** Keys whose values are never logged, at the top of a logged object and two levels below. */
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

const SECRET_KEYS: ReadonlySet<string> = new Set(REDACTED_KEYS);

const LEVELS_BELOW = 2;

const CREDENTIAL_IN_TEXT = /([?&](?:token|code|secret|state|nonce|id_token_hint)=|\bBearer\s+)[^\s"'&\\]+/gi;

/** Removes credentials from text: `?token=…` in a URL, `Bearer …` in a quoted header. */
export function redactText(line: string): string {
  return line.replace(CREDENTIAL_IN_TEXT, `$1${CENSOR}`);
}

/**
 * Makes a copy of `logged` without the values of {@link REDACTED_KEYS}; returns `logged` itself if it has none of them. pino's
 * own `redact` would take 70 µs a line for so many keys, and a fleet that connects writes a line for each device.
 */
export function redactKeys(logged: Record<string, unknown>): Record<string, unknown> {
  return redacted(logged, LEVELS_BELOW) as Record<string, unknown>;
}

function redacted(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  const from = value as Record<string, unknown>;
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(from)) {
    const shown = SECRET_KEYS.has(key) ? CENSOR : levels > 0 ? redacted(from[key], levels - 1) : from[key];
    if (shown === from[key]) continue;
    copy ??= copyOf(from);
    copy[key] = shown;
  }
  return copy ?? value;
}

/** Makes a copy. An error is copied as pino logs it, because its own fields have neither message nor stack. */
function copyOf(from: object): Record<string, unknown> {
  return from instanceof Error ? { ...stdSerializers.err(from) } : { ...from };
}
