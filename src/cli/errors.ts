export type CliErrorCode =
  /** The command line names a command or operand that does not exist. */
  | 'ERR_USAGE'
  /** The store did not say whether a write was done. */
  | 'ERR_OUTCOME_UNKNOWN'
  /** The store has no such device. */
  | 'ERR_NO_DEVICE'
  /** The OpenID provider gave no access token. */
  | 'ERR_NO_TOKEN'
  /** A native module has no binary for this machine. */
  | 'ERR_MISSING_BINARY'
  /** The standard output took no more. */
  | 'ERR_OUTPUT';

/** A command that cannot do its work, for a reason that its message says in one sentence. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
