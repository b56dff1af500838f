// A private file holds a secret that its user alone may read; here it is read, and refused where others can reach it.
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';

/** Longest content accepted, in bytes: a longer file holds no secret. */
const MAX_BYTES = 4096;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
/** The mode bits of group and others. */
const OTHERS = 0o077;

/** Why a private file cannot be used; `exposed`: other users can reach it. */
export type PrivateFileProblem = 'missing' | 'exposed' | 'invalid';

/** A private file cannot be used. Its `message` is the end of a sentence about it, as in "FILE `does not exist`". */
export class PrivateFileError extends Error {
  override readonly name = 'PrivateFileError';
  readonly problem: PrivateFileProblem;

  constructor(problem: PrivateFileProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}

/**
 * Reads the text of a private file, without the space around it. Its kind, mode and size are checked on the open file, so
 * that they cannot change between check and read.
 * @param flags of open(2), beside O_RDONLY, such as O_NOFOLLOW
 * @throws PrivateFileError if it is exposed or invalid; the system's error if it cannot be opened or read
 */
export function readPrivateText(path: string, flags = 0): string {
  // Non-blocking, because opening a FIFO would wait for its writer.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | flags);
  try {
    checkPrivate(fstatSync(file));
    return readFileSync(file, 'utf8').trim();
  } finally {
    closeSync(file);
  }
}

/** Reads a private file that holds one line of visible ASCII, such as a token. @throws PrivateFileError */
export function readPrivateLine(path: string): string {
  const text = readOrMissing(path);
  if (VISIBLE_ASCII.test(text)) return text;
  throw new PrivateFileError('invalid', 'does not hold one line of visible ASCII');
}

function checkPrivate(stat: Stats): void {
  if (!stat.isFile()) throw new PrivateFileError('invalid', 'is not a regular file');
  if ((stat.mode & OTHERS) !== 0) {
    const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
    throw new PrivateFileError('exposed', `can be reached by other users (mode ${mode})`);
  }
  if (stat.size > MAX_BYTES) throw new PrivateFileError('invalid', `is longer than ${MAX_BYTES} bytes`);
}

function readOrMissing(path: string): string {
  try {
    return readPrivateText(path);
  } catch (error) {
    if (error instanceof PrivateFileError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const message = code === 'ENOENT' ? 'does not exist' : `cannot be opened (${code})`;
    throw new PrivateFileError('missing', message);
  }
}
