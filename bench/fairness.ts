import { type Benchmark, missingAll } from './benchmark.js';
import { openLoop, Transfers } from './load/generators.js';
import { SlowReader } from './load/slow-reader.js';
import { seedStack } from './relay/peers.js';
import { UP, upByToken } from './relay/product.js';
import { type Relay, writeCalls } from './relay/relay.js';
import { CONNECT_MS, type Stand, startFleet, withStands } from './relay/stand.js';
import { NO_WRK, wrk, wrkIsAvailable } from './relay/wrk.js';
import { type Measured, takeTurns } from './turns.js';

const SIZES = { small: { rounds: 1, seconds: 1.5 }, full: { rounds: 3, seconds: 6 } };

/** Of each load, before anything counts. */
const WARM_SECONDS = 0.75;

/** Calls a second of the device that is to feel nothing: few, for what they wait for is to be the other device. */
const RATE = 200;
const [LOADED, CALLED] = [0, 1];
const TITLE = `calls of a device, ${RATE}/s`;

const BULK = `/bytes?n=${64 * 2 ** 20}`;
const ENDLESS = `/bytes?n=${2 ** 40}`;
const FLOOD_CALLERS = 64;

/** What is done to the other device, until its function is called. */
type Load = (relay: Relay, seconds: number) => Promise<() => Promise<unknown>>;

const LOADS: readonly (readonly [name: string, load: Load])[] = [
  ['bulk transfers', bulk],
  ['a slow reader', slowReader],
  [`${FLOOD_CALLERS} callers`, flood],
];

/** How long calls of one device take while another one, in the same session host, is loaded. */
export const fairness: Benchmark = {
  name: 'fairness',
  async run(size, log) {
    if (!(await wrkIsAvailable())) return missingAll(NO_WRK);
    const { rounds, seconds } = SIZES[size];
    const options = { title: TITLE, devices: 2, connected: 1, env: { VISIONA_HOSTS: '1' }, size, log };
    const outcome = await withStands([upByToken, seedStack], options, async (stands, out) => {
      // In a process of its own: what the devices share is the relay.
      const called = await Promise.all(stands.map(connectCalled));
      try {
        // To warm up; who fails here fails in its rounds too.
        const warm = ({ relay }: Stand) => besideLoads(relay, WARM_SECONDS).catch(() => undefined);
        await Promise.all(stands.map(warm));
        return await takeTurns(stands, { title: TITLE, rounds, size, out }, ({ relay, subject }) => {
          log(`${TITLE}: ${subject}`);
          return besideLoads(relay, seconds);
        });
      } finally {
        await Promise.all(called.map((device) => device.stop()));
      }
    });
    return { product: UP, ...outcome };
  },
};

async function connectCalled({ relay }: Stand) {
  const device = await startFleet(relay, { from: CALLED, upTo: CALLED + 1 });
  await device.connected(CONNECT_MS);
  return device;
}

/** The latency of calls of one device: alone, and beside each load of the other. */
async function besideLoads(relay: Relay, seconds: number): Promise<readonly Measured[]> {
  const file = await writeCalls(relay, { method: 'GET', target: '/hello', first: CALLED });
  const load = { rate: RATE, seconds };
  const alone = await openLoop(relay, file, load);
  const measured: Measured[] = [...latencies('alone', alone)];
  for (const [name, begin] of LOADS) {
    const end = await begin(relay, seconds);
    const beside = await openLoop(relay, file, load).finally(end);
    measured.push(...latencies(`beside ${name}`, beside), {
      metric: `p99 latency that ${name} add${name.startsWith('a ') ? 's' : ''}`,
      unit: 'ms',
      better: 'lower',
      difference: true,
      value: beside.p99 - alone.p99,
    });
  }
  return measured;
}

function latencies(when: string, { p50, p99 }: { p50: number; p99: number }): readonly Measured[] {
  const of = { unit: 'ms', better: 'lower' } as const;
  return [
    { ...of, metric: `median latency, ${when}`, value: p50 },
    { ...of, metric: `p99 latency, ${when}`, value: p99 },
  ];
}

async function bulk(relay: Relay): ReturnType<Load> {
  const file = await writeCalls(relay, { method: 'GET', target: BULK, first: LOADED });
  const transfers = new Transfers(relay, file, { upload: 0, times: 1e6 });
  return () => transfers.stop();
}

async function slowReader(relay: Relay): ReturnType<Load> {
  const reader = new SlowReader(
    relay,
    await writeCalls(relay, { method: 'GET', target: ENDLESS, first: LOADED }),
  );
  return async () => reader.stop();
}

/** It has a time of its own, which ends after that of the calls beside it. */
async function flood(relay: Relay, seconds: number): ReturnType<Load> {
  const file = await writeCalls(relay, { method: 'GET', target: '/hello', first: LOADED });
  const calls = wrk(relay, file, { callers: FLOOD_CALLERS, seconds: Math.ceil(seconds + 0.5) });
  // Until it is waited for.
  calls.catch(() => undefined);
  return () => calls;
}
