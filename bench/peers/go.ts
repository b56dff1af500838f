// `buildGo` builds the programs in Go that tests and benchmarks run.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../test/scripts/root.js';

const run = promisify(execFile);

/** The folder of the Go device, from the root of the repository. */
export const GO_DEVICE = 'bench/peers/go-device';

const binaries = path.join(root, 'dist', 'go');

/** The environment of the Go build: Debian's golang-*-dev packages put their sources here, and nothing is downloaded. */
const goEnv = {
  GO111MODULE: 'off',
  GOPATH: '/usr/share/gocode',
  GOFLAGS: '',
  CGO_ENABLED: '0',
  GOCACHE: path.join(binaries, 'gocache'),
};

/** A built program, or why it could not be built. */
export type GoBuild = { readonly path: string } | { readonly reason: string };

/**
 * Builds a Go program of this repository, unless one of the same sources exists already.
 * @param dir the folder of package main, from the root of the repository
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
  if (!existsSync(target)) await compile(path.join(root, dir), target);
  return { path: target };
}

async function compile(source: string, target: string): Promise<void> {
  await mkdir(binaries, { recursive: true });
  // Several test files may build at once: each has a file of its own, and the last rename wins.
  const partial = `${target}.${process.pid}`;
  await run('go', ['build', '-o', partial, '.'], { cwd: source, env: { ...process.env, ...goEnv } });
  await rename(partial, target);
}

/** The digest of a program's sources. It includes the device's WebSocket package, which any program may share. */
async function digestOfSources(dir: string, version: string): Promise<string> {
  const sum = createHash('sha256').update(version);
  for (const folder of new Set([dir, GO_DEVICE])) {
    for (const file of await goFiles(path.join(root, folder))) sum.update(await readFile(file));
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
