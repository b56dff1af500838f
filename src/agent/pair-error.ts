// `PairError` says why a device was not paired.

/** Why a device was not paired. `message` says what to do; it holds no code or token. */
export class PairError extends Error {
  override readonly name = 'PairError';
  readonly code: /** It has a session token already. */
    | 'ERR_PAIRED'
    /** The code is unknown, used or expired. */
    | 'ERR_PAIR_REFUSED'
    /** Too many attempts. */
    | 'ERR_PAIR_LIMITED'
    /** The API cannot be reached, cannot pair now, or is not the API. */
    | 'ERR_PAIR_UNREACHABLE'
    /** The session token cannot be kept. */
    | 'ERR_PAIR_KEEP'
    /** The record of the pairing cannot be read. */
    | 'ERR_PAIRING_FILE';

  constructor(code: PairError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
