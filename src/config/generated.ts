import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectory } from '../files/make-directory.js';
import { Secret } from '../text/secret.js';
import type { ConfigIssue } from './errors.js';
import { MIN_SECRET_BYTES } from './schemas.js';

/** The secrets that can live in the data directory, by file name. */
export type GeneratedName = 'internal-secret' | 'session-secret' | 'dev-provider-secret';

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
    const stat = lstatSync(path);
    if (!stat.isFile() || (stat.mode & 0o077) !== 0) {
      return { name: path, problem: 'other users can read it; delete it, or run chmod 600 on it' };
    }
    const text = readFileSync(path, 'utf8').trim();
    if (text.length >= MIN_SECRET_BYTES) return new Secret(text);
    return { name: path, problem: 'it does not hold a whole secret; delete it, and a new one is made' };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return undefined;
    return { name: path, problem: `it cannot be read (${code}); give it to the user that runs visiona` };
  }
}

/** Makes the secret (mode 0600) unless another process made it first; answers the one that is there. */
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
      // A link never replaces a file, so of two processes that start at once both use the first one's secret.
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
