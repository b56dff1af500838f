// The benchmark api measures the REST API without devices: sign-ins, pairings, lists.
import { type Benchmark, type Figure, missingAll, type Size } from './benchmark.js';
import { cpuMicros } from './relay/proc.js';
import { UP, type UpRelay, upByToken } from './relay/product.js';
import { writeRequests } from './relay/relay.js';
import { NO_WRK, wrk, wrkIsAvailable } from './relay/wrk.js';
import { Dropouts, type Measured, takeTurns } from './turns.js';

/** The number of devices on a page of the list. */
const DEVICES = 50;
const CALLERS = 16;
/** The number of people who sign in or pair at once. */
const PEOPLE = 4;
/**
 * `signIns` counts the sign-ins of all people in a round: fewer in all rounds than one address may begin in a minute. `pairings`
 * counts pairings in the same way; they have no such limit while they succeed.
 */
const SIZES = {
  small: { rounds: 3, seconds: 1, signIns: 24, pairings: 100 },
  full: { rounds: 5, seconds: 3, signIns: 48, pairings: 400 },
};

/** The work of the REST API without a device. */
export const api: Benchmark = {
  name: 'api',
  async run(size, log) {
    if (!(await wrkIsAvailable())) return missingAll(NO_WRK);
    const out = new Dropouts(log);
    const relay = await upByToken.start({ devices: DEVICES });
    try {
      return { product: UP, figures: await measure(relay, size, out), missing: out.missing };
    } finally {
      await relay.stop();
    }
  },
};

async function measure(relay: UpRelay, size: Size, out: Dropouts): Promise<readonly Figure[]> {
  const { rounds, seconds, signIns, pairings } = SIZES[size];
  const subjects = [{ subject: UP }];
  const list = await writeRequests(relay, relay.credentials, [`GET /api/devices?limit=${DEVICES}`]);
  const people = await Promise.all(named('pairs').map((name) => relay.process.signIn(name)));
  const pages = async (): Promise<readonly Measured[]> => {
    const { callsPerSecond, cpuPerCall, p50, p99 } = await wrk(relay, list, { callers: CALLERS, seconds });
    return figures(callsPerSecond, cpuPerCall, { p50, p99 });
  };
  const works = [
    [`a page of ${DEVICES} devices, ${CALLERS} callers`, pages],
    [
      `a sign-in, ${PEOPLE} people`,
      () => together(relay, signIns, (person) => relay.process.signIn(`${person}-signs-in`)),
    ],
    [
      `a pairing token and its exchange, ${PEOPLE} people`,
      () => together(relay, pairings, (person) => people[person]?.pair()),
    ],
  ] as const;
  const all: Figure[] = [];
  for (const [title, work] of works) {
    // This warms up; a failure here happens in the rounds too.
    await work().catch(() => undefined);
    all.push(...(await takeTurns(subjects, { title, rounds, size, out }, work)));
  }
  return all;
}

function named(prefix: string): string[] {
  return Array.from({ length: PEOPLE }, (_, i) => `${prefix}-${i}`);
}

/** Does a piece of work so many times in all: all people at once, one piece after the other for each. */
async function together(
  relay: UpRelay,
  times: number,
  work: (person: number) => Promise<unknown> | undefined,
): Promise<readonly Measured[]> {
  const [startedAt, before] = [performance.now(), await cpuMicros(relay.pid)];
  const each = async (_: string, person: number) => {
    for (let i = 0; i < times / PEOPLE; i++) await work(person);
  };
  await Promise.all(named('').map(each));
  const ms = performance.now() - startedAt;
  return figures((times / ms) * 1000, ((await cpuMicros(relay.pid)) - before) / times);
}

function figures(perSecond: number, cpu: number, latency?: { p50: number; p99: number }): Measured[] {
  const latencies = latency && [
    { metric: 'median latency', unit: 'ms', better: 'lower', value: latency.p50 } as const,
    { metric: 'p99 latency', unit: 'ms', better: 'lower', value: latency.p99 } as const,
  ];
  return [
    { metric: 'times a second', unit: '1/s', better: 'higher', value: perSecond },
    { metric: 'CPU each', unit: 'ms', better: 'lower', value: cpu / 1000 },
    ...(latencies ?? []),
  ];
}
