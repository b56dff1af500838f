// `wrk` loads a relay with callers in a closed loop.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../test/scripts/root.js';
import { cpuMicros } from './proc.js';
import type { Relay } from './relay.js';

const run = promisify(execFile);
const script = path.join(root, 'bench', 'relay', 'wrk.lua');

/** One round of load on one relay. */
export interface Sample {
  readonly callsPerSecond: number;
  /** The CPU time of the relay for each call, in microseconds. */
  readonly cpuPerCall: number;
  /** The latency in milliseconds that `callers` see in a closed loop. */
  readonly p50: number;
  readonly p99: number;
}

interface Printed {
  requests: number;
  micros: number;
  failed: number;
  status: number;
  p50: number;
  p99: number;
}

/** Why a benchmark that needs `wrk` is missing. */
export const NO_WRK = 'wrk is not installed (Debian: apt-get install wrk)';

/** Whether the load generator is installed. */
export async function wrkIsAvailable(): Promise<boolean> {
  // wrk exits with code 1 for --version.
  return run('wrk', ['--version']).then(
    () => true,
    (error) => error.code !== 'ENOENT',
  );
}

/**
 * Loads a relay with keep-alive connections, each calling again as soon as it has its answer.
 * @param callFile the calls, as `writeCalls` wrote them
 * @throws if any call failed: a rate of failures is not a figure
 */
export async function wrk(
  relay: Relay,
  callFile: string,
  { callers, seconds }: { callers: number; seconds: number },
): Promise<Sample> {
  const before = await cpuMicros(relay.pid);
  const { stdout } = await run('wrk', [
    ...['-t', '1', '-c', String(callers), '-d', `${seconds}s`, '--timeout', '5s', '-s', script],
    ...[relay.origin, '--', callFile],
  ]);
  const cpu = (await cpuMicros(relay.pid)) - before;
  const printed: Printed = JSON.parse(stdout.slice(stdout.indexOf('{')));
  if (printed.failed + printed.status > 0 || printed.requests === 0) {
    throw new Error(
      `${printed.requests} calls, ${printed.status} bad answers, ${printed.failed} broken or timed out`,
    );
  }
  return {
    callsPerSecond: (printed.requests * 1e6) / printed.micros,
    cpuPerCall: cpu / printed.requests,
    p50: printed.p50 / 1000,
    p99: printed.p99 / 1000,
  };
}
