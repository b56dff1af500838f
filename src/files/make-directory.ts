// `makeDirectory` makes a directory for this user alone.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory and those above it that are missing, for this user only (mode 0700). Node's own `recursive` never
 * returns in a directory that cannot hold another and answers ENOENT, as /proc does.
 * @param path absolute
 * @throws the system's error; but an entry that exists already, even a file, is no error
 */
export function makeDirectory(path: string): void {
  if (tryMake(path)) return;
  makeDirectory(dirname(path));
  if (!tryMake(path)) mkdirSync(path, { mode: 0o700 });
}

/** Makes one directory. False: the directory above it is missing. */
function tryMake(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return true;
    if (code === 'ENOENT' && dirname(path) !== path) return false;
    throw error;
  }
}
