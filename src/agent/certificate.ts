/** Codes of Node for a certificate that nobody known has signed: its authority is private, or it signed itself. */
const UNKNOWN_AUTHORITY: ReadonlySet<unknown> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** What to do about a connection that failed as it did; empty where the certificate is not why. To be put behind the reason. */
export function authorityAdvice(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (!UNKNOWN_AUTHORITY.has(code)) return '';
  return '; if a certificate authority of your own signed it, set NODE_EXTRA_CA_CERTS to the file with its certificate';
}
