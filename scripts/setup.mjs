// This module makes a fresh clone ready: it installs the packages of package-lock.json and compiles changed sources, and says so.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Prints a line about the work of a script. @param {string} text */
export function say(text) {
  process.stdout.write(`» ${text}\n`);
}

/** Ends this script with one sentence. @param {string} why @returns {never} */
export function fail(why) {
  process.stderr.write(`» ${why}\n`);
  process.exit(1);
}

/** @param {string} command @param {readonly string[]} args @param {string} why */
function run(command, args, why) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error) fail(`${command} could not be run: ${error.message}`);
  if (status !== 0) fail(why);
}

/** @param {string} file */
function packagesOf(file) {
  return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
}

/** Why node_modules does not match package-lock.json; undefined if it does. */
function outdated() {
  const record = 'node_modules/.package-lock.json';
  if (!existsSync(join(root, record))) return 'node_modules is missing';
  const installed = packagesOf(record);
  for (const [path, { version, optional }] of Object.entries(packagesOf('package-lock.json'))) {
    // The root is no package, and optional packages are left out on platforms that they do not fit.
    if (path === '' || (optional && !(path in installed))) continue;
    if (installed[path]?.version !== version)
      return `${path.replace('node_modules/', '')} is missing or not ${version}`;
  }
  return undefined;
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (![20, 22, 24].includes(major) || (major === 20 && minor < 20)) {
    fail(`Node ${process.versions.node} is not supported; use Node 20 (20.20 or later), 22 or 24`);
  }
}

/** Removes compiled files whose source is gone, so that only files with sources run or pass. */
function prune() {
  const dist = join(root, 'dist');
  if (!existsSync(dist)) return;
  for (const entry of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!/\.js(\.map)?$/.test(entry)) continue;
    if (!existsSync(join(root, entry.replace(/\.js(\.map)?$/, '.ts')))) rmSync(join(dist, entry));
  }
}

/** Installs and compiles, if something changed. */
export function setup() {
  checkNode();
  const reason = outdated();
  if (reason === undefined) say('packages: as package-lock.json says');
  else {
    say(`packages: ${reason}; running npm ci`);
    run('npm', ['ci', '--no-audit', '--no-fund'], 'npm ci failed; what it printed says why');
  }
  const started = performance.now();
  say('build: compiling what changed');
  prune();
  // The second project is the page, which runs in browsers.
  for (const project of ['tsconfig.json', 'src/web/page']) {
    run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', project], 'the sources do not compile');
  }
  say(`build: done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup();
