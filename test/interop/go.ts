import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The root of the repository; this file runs from dist/test/interop. */
export const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));

const sharedSources = 'test/interop/godevice';

const binaries = path.join(repositoryRoot, 'dist', 'interop');

/** Debian's golang-*-dev packages put their sources here; nothing is downloaded. */
const goEnv = {
  GO111MODULE: 'off',
  GOPATH: '/usr/share/gocode',
  GOFLAGS: '',
  CGO_ENABLED: '0',
  GOCACHE: path.join(binaries, 'gocache'),
};

/** A built program, or why there is none. */
export type GoBuild = { readonly path: string } | { readonly reason: string };

/**
 * Builds a Go program of this repository, unless one of the same sources is there already.
 * @param dir folder of package main, from the root of the repository
 */
export async function buildGo(dir: string): Promise<GoBuild> {
  let version: string;
  try {
    version = (await run('go', ['version'])).stdout;
    await access(path.join(goEnv.GOPATH, 'src/github.com/hashicorp/yamux'));
    await access(path.join(goEnv.GOPATH, 'src/github.com/gorilla/websocket'));
  } catch {
    return {
      reason: 'needs golang-go, golang-github-hashicorp-yamux-dev and golang-github-gorilla-websocket-dev',
    };
  }
  const target = path.join(binaries, `${path.basename(dir)}-${await digestOfSources(dir, version)}`);
  if (!existsSync(target)) await compile(path.join(repositoryRoot, dir), target);
  return { path: target };
}

/**
 * The path of a built Go program. Without Go the test is skipped with the reason, except under CI=true, where it fails.
 * @returns undefined when the test was skipped
 */
export async function requireGo(t: TestContext, dir = sharedSources): Promise<string | undefined> {
  const build = await buildGo(dir);
  if ('path' in build) return build.path;
  if (process.env.CI === 'true') throw new Error(`${dir}: ${build.reason}`);
  t.skip(build.reason);
  return undefined;
}

async function compile(source: string, target: string): Promise<void> {
  await mkdir(binaries, { recursive: true });
  // Several test files may build at once: each its own file, and the last rename wins.
  const partial = `${target}.${process.pid}`;
  await run('go', ['build', '-o', partial, '.'], { cwd: source, env: { ...process.env, ...goEnv } });
  await rename(partial, target);
}

/** Programs may share the device's WebSocket package, so its folder always counts. */
async function digestOfSources(dir: string, version: string): Promise<string> {
  const sum = createHash('sha256').update(version);
  for (const folder of new Set([dir, sharedSources])) {
    for (const file of await goFiles(path.join(repositoryRoot, folder))) sum.update(await readFile(file));
  }
  return sum.digest('hex').slice(0, 12);
}

async function goFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.go'))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}
