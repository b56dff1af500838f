// The dialer and pairing both read these failures of the cloud: its Retry-After, and a certificate that is not trusted.

/** Node's codes for a certificate of an unknown authority: a private one, or the certificate itself. */
const UNKNOWN_AUTHORITY: ReadonlySet<unknown> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The longest wait, in milliseconds, that is obeyed: a wrong clock or server would keep the device away for hours. */
export const MAX_RETRY_AFTER_MS = 300_000;

/**
 * Reads a `Retry-After` header (RFC 9110 §10.2.3): seconds, or an HTTP date.
 * @param now wall-clock time in ms since 1970
 * @returns ms to wait, at most `MAX_RETRY_AFTER_MS`; undefined if the header is absent or is neither
 */
export function parseRetryAfter(field: string | undefined, now: number): number | undefined {
  if (field === undefined) return undefined;
  const text = field.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  if (Number.isNaN(ms)) return undefined;
  return Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS);
}

/** Advice to append to the reason of a failed connection; empty unless that reason is an unknown authority. */
export function authorityAdvice(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (!UNKNOWN_AUTHORITY.has(code)) return '';
  return '; if a certificate authority of your own signed it, set NODE_EXTRA_CA_CERTS to the file with its certificate';
}
