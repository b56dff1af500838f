// The token file holds the device's session token; an error about the file says what to do.
import { PrivateFileError, type PrivateFileProblem, readPrivateLine } from '../files/private-file.js';
import { ReservedFile } from '../files/reserved-file.js';

const CODES = {
  missing: 'ERR_TOKEN_FILE_MISSING',
  exposed: 'ERR_TOKEN_FILE_EXPOSED',
  invalid: 'ERR_TOKEN_FILE_INVALID',
} as const satisfies Record<PrivateFileProblem, string>;

/** The token file cannot be used; the message says what to do. */
export class TokenFileError extends Error {
  override readonly name = 'TokenFileError';
  readonly code: (typeof CODES)[PrivateFileProblem];

  constructor(problem: PrivateFileProblem, message: string) {
    super(message);
    this.code = CODES[problem];
  }
}

/** What an operator should do about a file with this problem. */
function advice(problem: PrivateFileProblem, path: string): string {
  switch (problem) {
    case 'missing':
      return 'pair the device (--pair CODE), or give its session token in VISIONA_DEVICE_TOKEN';
    case 'exposed':
      return `run chmod 600 ${path}, and pair the device again if somebody may have read it`;
    case 'invalid':
      return 'put the session token there';
  }
}

/** Reads the device's session token. @throws TokenFileError */
export function readTokenFile(path: string): string {
  try {
    return readPrivateLine(path);
  } catch (error) {
    if (!(error instanceof PrivateFileError)) throw error;
    const { problem, message } = error;
    throw new TokenFileError(problem, `the token file ${path} ${message}: ${advice(problem, path)}`);
  }
}

/** Keeps the token for its user only: a new file of mode 0600 replaces the old one as a whole. */
export async function writeTokenFile(path: string, token: string): Promise<void> {
  await keepToken(await ReservedFile.at(path), token);
}

/** Writes the token into a file that was reserved for it. */
export function keepToken(file: ReservedFile, token: string): Promise<void> {
  return file.commit(`${token}\n`);
}
