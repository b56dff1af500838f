import type { ListenAddress } from './address.js';

/** The address is taken, or not ours to bind. In a file that does not load uWebSockets.js: threads need it too. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code = 'ERR_LISTEN';
  readonly address: ListenAddress;

  /** @param setting what the address comes from, where that is known */
  constructor(address: ListenAddress, setting?: string) {
    super(
      `cannot listen on ${address.host}:${address.port}: it is taken by another process, such as a visiona that runs already, or not an address of this machine${setting === undefined ? '' : `; ${setting} sets it`}`,
    );
    this.address = address;
  }
}
