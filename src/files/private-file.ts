import { constants, open } from 'node:fs/promises';

/** Longest content accepted, in bytes: a longer file is no token. */
const MAX_BYTES = 4096;
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
const OTHERS = 0o077;

/** What is wrong with a file that holds one secret: `exposed`, other users can reach it. */
export type PrivateFileProblem = 'missing' | 'exposed' | 'invalid';

/** A file that holds one secret cannot be used. `message` says of it what is wrong, as in "FILE `does not exist`". */
export class PrivateFileError extends Error {
  override readonly name = 'PrivateFileError';
  readonly problem: PrivateFileProblem;

  constructor(problem: PrivateFileProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}

/**
 * Reads a secret that its user alone may read: one line of visible ASCII. The mode is checked on the open file, so it cannot
 * change in between.
 * @throws PrivateFileError
 */
export async function readPrivateFile(path: string): Promise<string> {
  const file = await openPrivate(path);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new PrivateFileError('invalid', 'is not a regular file');
    if ((stat.mode & OTHERS) !== 0) {
      const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
      throw new PrivateFileError('exposed', `can be reached by other users (mode ${mode})`);
    }
    if (stat.size > MAX_BYTES) throw new PrivateFileError('invalid', `is longer than ${MAX_BYTES} bytes`);
    const secret = (await file.readFile('utf8')).trim();
    if (VISIBLE_ASCII.test(secret)) return secret;
    throw new PrivateFileError('invalid', 'does not hold one line of visible ASCII');
  } finally {
    await file.close();
  }
}

async function openPrivate(path: string) {
  try {
    // Non-blocking, because opening a FIFO would wait for its writer.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new PrivateFileError(
      'missing',
      code === 'ENOENT' ? 'does not exist' : `cannot be opened (${code})`,
    );
  }
}
