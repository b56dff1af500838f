// The benchmark growth measures calls and lists as one user's tunnels grow.
import { type Benchmark, mergeOutcomes, missingAll, type Outcome, type Size } from './benchmark.js';
import { loopDelays } from './growth/loop-delays.js';
import { type UpRelay, upByToken } from './relay/product.js';
import { type RelayKind, writeCalls, writeRequests } from './relay/relay.js';
import { type Stand, withStands } from './relay/stand.js';
import { NO_WRK, wrk, wrkIsAvailable } from './relay/wrk.js';
import { type Measured, takeTurns } from './turns.js';

const SIZES = {
  small: { tunnels: [10, 1_000], rounds: 2, seconds: 1 },
  full: { tunnels: [10, 100, 1_000, 10_000], rounds: 5, seconds: 2 },
};
/** The number of devices that are called, however many tunnels there are: only the number of other devices grows. */
const CALLED = 10;
const CALLERS = 64;
/** The page of the list that is asked for, and the number of people who ask for it at once. */
const LIST = { path: '/api/devices?limit=10', callers: 4 };

/**
 * Measures the cost of a call and of a list as one user's tunnels grow; each number of tunnels has a relay of its own, side by
 * side.
 */
export const growth: Benchmark = {
  name: 'growth',
  async run(size, log) {
    if (!(await wrkIsAvailable())) return missingAll(NO_WRK);
    const { tunnels } = SIZES[size];
    const largest = tunnels.at(-1) ?? 0;
    const parts = [await costs(size, log), await loopDelays(largest, size, log)];
    return { product: named(largest), ...mergeOutcomes(parts) };
  },
};

const named = (tunnels: number) => `visiona up, ${tunnels.toLocaleString('en-US')} tunnels`;

function costs(size: Size, log: (line: string) => void): Promise<Outcome> {
  const { tunnels, rounds, seconds } = SIZES[size];
  const kinds = tunnels.map(
    (devices): RelayKind<UpRelay> => ({ subject: named(devices), start: () => upByToken.start({ devices }) }),
  );
  return withStands(kinds, { title: 'a relay of its own', devices: 0, size, log }, async (stands, out) => {
    const ready = await Promise.all(stands.map(prepare));
    for (const { calls, list } of ready) {
      // This warms up; a failure here happens in the rounds too.
      await calls(2 * seconds).catch(() => undefined);
      await list(seconds).catch(() => undefined);
    }
    const figures = [];
    for (const [title, what] of [
      [`calls of ${CALLED} devices, ${CALLERS} callers`, 'calls'],
      [`a page of 10 devices, ${LIST.callers} callers`, 'list'],
    ] as const) {
      log(title);
      figures.push(
        ...(await takeTurns(ready, { title, rounds, size, out }, (stand) => stand[what](seconds))),
      );
    }
    return figures;
  });
}

async function prepare({ subject, relay }: Stand<UpRelay>) {
  const callFile = await writeCalls(relay, { method: 'GET', target: '/hello', devices: CALLED });
  const listFile = await writeRequests(relay, relay.credentials, [`GET ${LIST.path}`]);
  const measure = async (file: string, callers: number, seconds: number): Promise<readonly Measured[]> => {
    const { cpuPerCall, p50, p99 } = await wrk(relay, file, { callers, seconds });
    return [
      { metric: 'relay CPU per call', unit: 'µs', better: 'lower', value: cpuPerCall },
      { metric: 'median latency', unit: 'ms', better: 'lower', value: p50 },
      { metric: 'p99 latency', unit: 'ms', better: 'lower', value: p99 },
    ];
  };
  return {
    subject,
    calls: (seconds: number) => measure(callFile, CALLERS, seconds),
    list: (seconds: number) => measure(listFile, LIST.callers, seconds),
  };
}
