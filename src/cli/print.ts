import type { Writable } from 'node:stream';
import { CliError } from './errors.js';

/** Standard output took no more. */
export class OutputError extends CliError {
  /** Its reader has closed it, as `| head` does when it has seen enough; else it failed, on a full disk for one. */
  readonly closedByReader: boolean;

  constructor(cause: NodeJS.ErrnoException) {
    super('ERR_OUTPUT', `standard output cannot be written: ${cause.message}`, { cause });
    // A socket in place of a pipe says the latter when something in it was not read.
    this.closedByReader = cause.code === 'EPIPE' || cause.code === 'ECONNRESET';
  }
}

/** Writes `text` to the standard output. Resolves when it is handed over. @throws OutputError */
export function print(stdout: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stdout.write(text, (error) => (error ? reject(new OutputError(error)) : resolve()));
  });
}
