// This file keeps a run in a file of `results/`, with all samples and the setting that they depend on.
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../test/scripts/root.js';
import { UsageError } from './arguments.js';
import type { Outcome, Size } from './benchmark.js';

const run = promisify(execFile);

/** The setting that the figures of a run depend on. */
interface Setting {
  readonly started: Date;
  readonly size: Size;
  readonly commit: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
}

interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryMiB: number;
  readonly kernel: string;
  /** The number of processes that wanted a core in the last minute; above 1 the figures are those of a busy machine. */
  readonly loadBefore: number;
}

/** The contents of a run's file. */
export interface Results extends Omit<Setting, 'started'> {
  readonly started: string;
  readonly seconds: number;
  readonly benchmarks: Readonly<Record<string, Outcome>>;
}

/**
 * Describes the setting of a run. It is called before the run: afterwards the machine is busy, and the sources may have changed.
 */
export async function describeSetting(size: Size): Promise<Setting> {
  return {
    started: new Date(),
    size,
    commit: await commit(),
    machine: machine(),
    versions: await versions(),
  };
}

/**
 * Keeps a run with all its samples. The same setting has the same file, so that it may be written as the run goes on.
 * @returns the path of the file
 */
export async function writeResults(setting: Setting, outcomes: Record<string, Outcome>): Promise<string> {
  const { started, ...rest } = setting;
  const name = `${started.toISOString().slice(0, 19).replaceAll(':', '')}Z.json`;
  const seconds = Math.round((Date.now() - started.getTime()) / 1000);
  const results: Results = { started: started.toISOString(), seconds, ...rest, benchmarks: outcomes };
  const folder = path.join(root, 'bench', 'results');
  const file = path.join(folder, name);
  await mkdir(folder, { recursive: true });
  await writeFile(file, `${JSON.stringify(results, null, 1)}\n`);
  return file;
}

/** Reads a run that was kept. @throws UsageError if the file does not have all of the benchmarks */
export async function readResults(file: string, benchmarks: readonly string[]): Promise<Results> {
  let results: Partial<Results>;
  try {
    results = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(
      `${file} is not the file of a run: ${error instanceof Error ? error.message : error}`,
    );
  }
  const absent = benchmarks.filter((name) => results.benchmarks?.[name] === undefined);
  if (absent.length > 0) throw new UsageError(`the run in ${file} is without ${absent.join(', ')}`);
  return results as Results;
}

function machine(): Machine {
  return {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.cpus().length,
    memoryMiB: Math.round(os.totalmem() / 2 ** 20),
    kernel: `${os.type()} ${os.release()}`,
    loadBefore: os.loadavg()[0] ?? 0,
  };
}

async function commit(): Promise<string> {
  const hash = await firstLine('git', ['rev-parse', 'HEAD']);
  const changed = await output('git', ['status', '--porcelain', '--untracked-files=no']);
  return changed === '' ? hash : `${hash} with changes`;
}

async function versions(): Promise<Record<string, string>> {
  const packages: Record<string, string> = {};
  for (const name of ['uWebSockets.js', 'piscina', 'undici', 'ws', 'yamux-js', '@chainsafe/libp2p-yamux']) {
    const file = path.join(root, 'node_modules', name, 'package.json');
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
    wrk: (await firstLine('wrk', ['--version'])).replace(/^wrk /, ''),
    ...packages,
  };
}

/** The version of a Debian package, which names the commit of a Go peer's library. */
async function debianVersion(name: string): Promise<string> {
  const [found, version = found] = (await firstLine('dpkg-query', ['--show', name])).split('\t');
  return version ?? 'absent';
}

async function firstLine(command: string, args: string[]): Promise<string> {
  return (await output(command, args)).split('\n')[0] || 'absent';
}

/** The output of a program, whatever its exit code: wrk prints its version and fails. */
async function output(command: string, args: string[]): Promise<string> {
  const { stdout } = await run(command, args, { cwd: root }).catch((error) => error);
  return String(stdout ?? '');
}
