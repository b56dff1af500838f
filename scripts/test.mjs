// This script runs the test suite: node scripts/test.mjs [PART OF A PATH …] [FLAGS OF node --test …]
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runFiles } from './run-files.mjs';
import { fail, root, say, setup } from './setup.mjs';

const isLong = process.env.VISIONA_TEST_SIZE === 'long';
/** The longest time that a test file may take, in milliseconds: far above any file's, so that only a hang reaches it. */
const TIMEOUT_MS = isLong ? 3_600_000 : 180_000;

const args = process.argv.slice(2);
const flags = args.filter((arg) => arg.startsWith('-'));
const parts = args.filter((arg) => !arg.startsWith('-')).map((part) => part.replace(/\.(ts|js)$/, ''));

setup();

// Node 20 accepts no globs, and a compiled file without a source must not run, so the list comes from the sources.
const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts'))
  .map((file) => join('dist', 'test', file.replace(/\.ts$/, '.js')))
  .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) fail(`no test file has ${parts.join(' or ')} in its path`);

say(`test: ${files.length} files`);
if (isLong) flags.push(`--import=${join(root, 'dist/test/support/long-properties.js')}`);
process.exitCode = await runFiles(files, TIMEOUT_MS, flags);
