// `given` makes a configuration as variables and flags would give it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ConfigError } from '../../src/config/errors.js';
import type { RawSettings } from '../../src/config/read.js';

/** Configuration as variables and flags would give it. */
export function given(env: Record<string, string> = {}, flags: Record<string, string> = {}): RawSettings {
  return { env, flags: new Map(Object.entries(flags)) };
}

/** A directory that is removed with the test. */
export function tempDir(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'visiona-config-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** The lines of the ConfigError that `load` must throw. */
export function issuesOf(load: () => unknown): string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  throw new Error('there was no issue');
}
