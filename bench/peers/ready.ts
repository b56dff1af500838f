// `ready` prints that a peer listens.

/** Prints where a peer listens, in the form of the product's ready line, and ends the peer on SIGTERM. */
export function ready(addresses: { readonly tunnel?: string; readonly internal: string }): void {
  process.stdout.write(`${JSON.stringify({ msg: 'ready', ...addresses })}\n`);
  process.once('SIGTERM', () => process.exit(0));
}
