/** A longer wait is not believed: a wrong clock or a wrong server would take the device away for hours. */
export const MAX_RETRY_AFTER_MS = 300_000;

/**
 * Reads a `Retry-After` field (RFC 9110 §10.2.3): seconds, or an HTTP date.
 * @param now wall-clock time in ms since 1970
 * @returns ms to wait, at most `MAX_RETRY_AFTER_MS`; undefined when the field is absent or neither
 */
export function parseRetryAfter(field: string | undefined, now: number): number | undefined {
  if (field === undefined) return undefined;
  const text = field.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  if (Number.isNaN(ms)) return undefined;
  return Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS);
}
