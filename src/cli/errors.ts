// This file has the errors of commands.
/** The code of a {@link CliError}. */
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
  /** The standard output took no more bytes. */
  | 'ERR_OUTPUT';

/** The error of a command that cannot do its work; the message says why in one sentence. */
export class CliError extends Error {
  override readonly name: string = 'CliError';
  readonly code: CliErrorCode;

  constructor(code: CliErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The error of a standard output that took no more bytes. */
export class OutputError extends CliError {
  /** Whether the reader closed the pipe, as `| head` does. False: the write failed, as on a full disk. */
  readonly closedByReader: boolean;

  constructor(cause: NodeJS.ErrnoException) {
    super('ERR_OUTPUT', `standard output cannot be written: ${cause.message}`, { cause });
    // If a socket stands in for the pipe, it reports ECONNRESET when its reader left bytes unread.
    this.closedByReader = cause.code === 'EPIPE' || cause.code === 'ECONNRESET';
  }
}
