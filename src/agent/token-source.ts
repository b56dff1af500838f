// `openTokenSource` gives the dialer the credential that is in force at each attempt.
import type { Logger } from 'pino';
import { readTokenFile, TokenFileError, writeTokenFile } from './token-file.js';

/** The options of {@link openTokenSource}. */
export interface TokenSourceOptions {
  readonly path: string;
  /** A token from the operator, which is kept in the file from then on. */
  readonly given: string | undefined;
  readonly log: Logger;
}

/**
 * Makes the function by which the dialer gets the credential before each attempt. A token that was put into the file
 * meanwhile is used; a file that became unusable meanwhile is logged, and the last good token stays in use.
 * @throws TokenFileError when there is no usable token to start with
 */
export async function openTokenSource({ path, given, log }: TokenSourceOptions): Promise<() => string> {
  if (given !== undefined && !(await keep(path, given, log))) return () => given;
  let last = readTokenFile(path);
  return () => {
    try {
      last = readTokenFile(path);
    } catch (error) {
      if (!(error instanceof TokenFileError)) throw error;
      log.warn({ code: error.code }, `${error.message}; going on with the last good token`);
    }
    return last;
  };
}

/**
 * Writes the token into its file. False: the file could not be written, as on a read-only file system, which must not stop
 * the device.
 */
async function keep(path: string, token: string, log: Logger): Promise<boolean> {
  try {
    await writeTokenFile(path, token);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    log.warn(
      { code },
      `the session token could not be kept in ${path}: make it writable, or go on giving the token`,
    );
    return false;
  }
}
