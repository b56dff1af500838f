// Secrets that the operator did not give are generated once, into the data directory, and read from there.
import { randomBytes } from 'node:crypto';
import { constants, linkSync, lstatSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../files/make-directory.js';
import { PrivateFileError, readPrivateText } from '../files/private-file.js';
import { Secret } from '../text/secret.js';
import type { ConfigIssue } from './errors.js';
import { MIN_SECRET_BYTES } from './schemas.js';

/** The file names of the secrets that may be in the data directory. */
export type GeneratedName = 'internal-secret' | 'session-secret' | 'dev-provider-secret';

const EXPOSED = 'other users can read it; delete it, or run chmod 600 on it';
const CUT_SHORT = 'it does not hold a whole secret; delete it, and a new one is made';

/** Where a generated secret is kept. */
export function generatedPath(dataDir: string, name: GeneratedName): string {
  return join(dataDir, name);
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

/** Makes the data directory (mode 0700) where it is missing; a directory that others can write to is refused. */
export function openDataDir(path: string): ConfigIssue | undefined {
  const name = 'VISIONA_DATA_DIR';
  try {
    makeDirectory(path);
    const stat = lstatSync(`${path}/.`);
    if ((stat.mode & 0o022) !== 0) {
      return { name, problem: `other users can write to ${path}; run chmod 700 on it, or name another one` };
    }
    return undefined;
  } catch (error) {
    const problem = `${path} cannot be made or read (${errorCode(error)}); name a directory of this user`;
    return { name, problem };
  }
}

/** The secret in the data directory; undefined when there is none yet. */
export function readGenerated(dataDir: string, name: GeneratedName): Secret | ConfigIssue | undefined {
  const path = generatedPath(dataDir, name);
  try {
    // A symbolic link would lead out of the data directory, to a file that another user may replace.
    const text = readPrivateText(path, constants.O_NOFOLLOW);
    return text.length >= MIN_SECRET_BYTES ? new Secret(text) : { name: path, problem: CUT_SHORT };
  } catch (error) {
    if (error instanceof PrivateFileError) {
      return { name: path, problem: error.problem === 'exposed' ? EXPOSED : CUT_SHORT };
    }
    const code = errorCode(error);
    if (code === 'ENOENT') return undefined;
    return { name: path, problem: `it cannot be read (${code}); give it to the user that runs visiona` };
  }
}

/** Makes the secret (mode 0600) unless another process made it first; returns the one that is in place. */
export function generate(dataDir: string, name: GeneratedName): Secret | ConfigIssue {
  const path = generatedPath(dataDir, name);
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(temporary, `${randomBytes(32).toString('base64url')}\n`, {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    });
    try {
      // Making a link never replaces a file, so two processes that start at once both use the secret of the first.
      linkSync(temporary, path);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    } finally {
      unlinkSync(temporary);
    }
  } catch (error) {
    return { name: path, problem: `it cannot be written (${errorCode(error)}); check the data directory` };
  }
  return (
    readGenerated(dataDir, name) ?? { name: path, problem: 'it vanished while it was made; start again' }
  );
}
