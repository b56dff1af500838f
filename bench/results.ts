import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '../test/interop/go.js';
import type { Outcome, Size } from './benchmark.js';

const run = promisify(execFile);

/** Processes that wanted a core in the minute before the run; above 1 the figures are those of a busy machine. */
const loadBefore = os.loadavg()[0];

/**
 * Keeps a run: the machine, the versions, the commit and all samples.
 * @returns where, from the root of the repository
 */
export async function writeResults(
  started: Date,
  size: Size,
  outcomes: Record<string, Outcome>,
): Promise<string> {
  const name = `${started.toISOString().slice(0, 19).replaceAll(':', '')}Z.json`;
  const results = {
    started: started.toISOString(),
    seconds: Math.round((Date.now() - started.getTime()) / 1000),
    size,
    commit: await commit(),
    machine: machine(),
    versions: await versions(),
    benchmarks: outcomes,
  };
  const folder = path.join('bench', 'results');
  await mkdir(path.join(repositoryRoot, folder), { recursive: true });
  await writeFile(path.join(repositoryRoot, folder, name), `${JSON.stringify(results, null, 1)}\n`);
  return path.join(folder, name);
}

function machine(): object {
  return {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.cpus().length,
    memoryMiB: Math.round(os.totalmem() / 2 ** 20),
    loadBefore,
    kernel: `${os.type()} ${os.release()}`,
  };
}

async function commit(): Promise<string> {
  const hash = await firstLine('git', ['rev-parse', 'HEAD']);
  const changed = await firstLine('git', ['status', '--porcelain', '--untracked-files=no']);
  return changed === '' ? hash : `${hash} with changes`;
}

async function versions(): Promise<Record<string, string>> {
  const packages: Record<string, string> = {};
  for (const name of ['uWebSockets.js', 'piscina', 'undici', 'ws', 'yamux-js', '@chainsafe/libp2p-yamux']) {
    const file = path.join(repositoryRoot, 'node_modules', name, 'package.json');
    packages[name] = await readFile(file, 'utf8').then(
      (text) => JSON.parse(text).version,
      () => 'absent',
    );
  }
  return {
    node: process.version,
    go: await firstLine('go', ['version']),
    'hashicorp/yamux': await debianVersion('golang-github-hashicorp-yamux-dev'),
    'gorilla/websocket': await debianVersion('golang-github-gorilla-websocket-dev'),
    wrk: await firstLine('wrk', ['--version']),
    ...packages,
  };
}

/** The Go peers' libraries come from Debian's packages, whose versions name the commit. */
async function debianVersion(name: string): Promise<string> {
  const [found, version = found] = (await firstLine('dpkg-query', ['--show', name])).split('\t');
  return version ?? 'absent';
}

/** The first line a program prints, whatever its exit code: wrk says its version and fails. */
async function firstLine(command: string, args: string[]): Promise<string> {
  const output = await run(command, args, { cwd: repositoryRoot }).catch((error) => error);
  return String(output.stdout ?? '').split('\n')[0] || 'absent';
}
