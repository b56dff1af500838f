import { constants, open } from 'node:fs/promises';
import { ReservedFile } from './reserved-file.js';

/** Longest token accepted; a longer file is not a token file. */
const MAX_TOKEN_BYTES = 4096;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
const OTHERS = 0o077;

/** The token file cannot be used; the message says what to do. */
export class TokenFileError extends Error {
  override readonly name = 'TokenFileError';
  readonly code: 'ERR_TOKEN_FILE_MISSING' | 'ERR_TOKEN_FILE_EXPOSED' | 'ERR_TOKEN_FILE_INVALID';

  constructor(code: TokenFileError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Reads the device's session token. The mode is checked on the open file, so it cannot change in between.
 * @throws TokenFileError
 */
export async function readTokenFile(path: string): Promise<string> {
  const file = await openToken(path);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw invalid(path, 'is not a regular file');
    if ((stat.mode & OTHERS) !== 0) {
      const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
      throw new TokenFileError(
        'ERR_TOKEN_FILE_EXPOSED',
        `the token file ${path} can be reached by other users (mode ${mode}): run chmod 600 ${path}, and pair the ` +
          'device again if somebody may have read it',
      );
    }
    if (stat.size > MAX_TOKEN_BYTES) throw invalid(path, `is longer than ${MAX_TOKEN_BYTES} bytes`);
    const token = (await file.readFile('utf8')).trim();
    if (!VISIBLE_ASCII.test(token)) throw invalid(path, 'does not hold one line of visible ASCII');
    return token;
  } finally {
    await file.close();
  }
}

/** Keeps the token for its user only: a new file of mode 0600 takes the old one's place whole. */
export async function writeTokenFile(path: string, token: string): Promise<void> {
  await keepToken(await ReservedFile.at(path), token);
}

/** Keeps the token in a place that was made for it. */
export function keepToken(file: ReservedFile, token: string): Promise<void> {
  return file.commit(`${token}\n`);
}

async function openToken(path: string) {
  try {
    // Non-blocking, because opening a FIFO would wait for its writer.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be opened (${code})`;
    throw new TokenFileError(
      'ERR_TOKEN_FILE_MISSING',
      `the token file ${path} ${why}: pair the device (--pair CODE), or give its session token in VISIONA_DEVICE_TOKEN`,
    );
  }
}

function invalid(path: string, what: string): TokenFileError {
  return new TokenFileError(
    'ERR_TOKEN_FILE_INVALID',
    `the token file ${path} ${what}: put the session token there`,
  );
}
