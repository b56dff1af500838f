// The benchmark fairness measures how much the calls of one device feel the load of another.
import { type Benchmark, type Figure, missingAll } from './benchmark.js';
import { callsBeside, type EndLoad, transfersBeside } from './load/beside.js';
import { SlowReader } from './load/slow-reader.js';
import { StalledReaders } from './load/stalled-readers.js';
import { seedStack } from './relay/peers.js';
import { UP, upByToken } from './relay/product.js';
import { type Relay, writeCalls } from './relay/relay.js';
import { type Stand, startConnected, withStands } from './relay/stand.js';
import { NO_WRK, wrk, wrkIsAvailable } from './relay/wrk.js';
import { type Dropouts, takeTurns } from './turns.js';

const SIZES = { small: { rounds: 1, seconds: 1.5 }, full: { rounds: 5, seconds: 6 } };

/** The seconds of each load before its results count. */
const WARM_SECONDS = 0.75;

/** The calls a second of the device that should not feel the load: few, so that they wait for the other device only. */
const RATE = 200;
const [LOADED, CALLED] = [0, 1];
const TITLE = `calls of a device, ${RATE}/s`;

const BULK = `/bytes?n=${64 * 2 ** 20}`;
const ENDLESS = `/bytes?n=${2 ** 40}`;
const FLOOD_CALLERS = 64;
/**
 * The number of readers that stop. At windows of up to 4 MiB each, their unread bytes are within a user's share: no call is
 * refused.
 */
const STALLED_READERS = 32;

/** Begins the load of the other device. */
type Load = (relay: Relay, seconds: number) => Promise<EndLoad>;

const LOADS: readonly (readonly [name: string, load: Load])[] = [
  ['bulk transfers', bulk],
  ['a slow reader', slowReader],
  [`${STALLED_READERS} readers that stall`, stalledReaders],
  [`${FLOOD_CALLERS} callers`, flood],
];

/** Measures how long calls of one device take while another device, in the same session host, is loaded. */
export const fairness: Benchmark = {
  name: 'fairness',
  async run(size, log) {
    if (!(await wrkIsAvailable())) return missingAll(NO_WRK);
    const { rounds, seconds } = SIZES[size];
    const options = { title: TITLE, devices: 2, connected: 1, env: { VISIONA_HOSTS: '1' }, size, log };
    const outcome = await withStands([upByToken, seedStack], options, (stands, out) =>
      withCalled(stands, out, async (ready) => {
        const figures: Figure[] = [];
        for (const [name, load] of LOADS) {
          const title = `${TITLE}, beside ${name} on another`;
          log(title);
          const beside = ({ relay }: Stand, forSeconds: number) => callsOfOne(relay, load, forSeconds);
          // This warms up; a relay that fails here fails in its rounds too.
          for (const stand of ready) await beside(stand, WARM_SECONDS).catch(() => undefined);
          const turns = takeTurns(ready, { title, rounds, size, out }, (stand) => beside(stand, seconds));
          figures.push(...(await turns));
        }
        return figures;
      }),
    );
    return { product: UP, ...outcome };
  },
};

/** Connects the device that is called, in a process of its own: the two devices share only the relay. */
async function withCalled(
  stands: readonly Stand[],
  out: Dropouts,
  measure: (ready: readonly Stand[]) => Promise<readonly Figure[]>,
): Promise<readonly Figure[]> {
  const ready: Stand[] = [];
  const devices: { stop(): Promise<void> }[] = [];
  try {
    for (const stand of stands) {
      await startConnected(stand.relay, CALLED, CALLED + 1).then(
        (device) => {
          devices.push(device);
          ready.push(stand);
        },
        (error) => out.drop(stand.subject, TITLE, error),
      );
    }
    return await measure(ready);
  } finally {
    await Promise.all(devices.map((device) => device.stop()));
  }
}

async function callsOfOne(relay: Relay, load: Load, seconds: number) {
  const file = await writeCalls(relay, { method: 'GET', target: '/hello', first: CALLED });
  return callsBeside(relay, file, { rate: RATE, seconds }, () => load(relay, seconds));
}

async function bulk(relay: Relay): ReturnType<Load> {
  const file = await writeCalls(relay, { method: 'GET', target: BULK, first: LOADED });
  return transfersBeside(relay, file, 0);
}

async function slowReader(relay: Relay): ReturnType<Load> {
  const file = await writeCalls(relay, { method: 'GET', target: ENDLESS, first: LOADED });
  const reader = new SlowReader(relay, file);
  return async () => {
    reader.stop();
    return [];
  };
}

async function stalledReaders(relay: Relay): ReturnType<Load> {
  const file = await writeCalls(relay, { method: 'GET', target: ENDLESS, first: LOADED });
  const readers = new StalledReaders(relay, file, STALLED_READERS);
  return async () => {
    readers.stop();
    return [];
  };
}

/** Floods the other device for a fixed time, which ends after the time of the calls beside it. */
async function flood(relay: Relay, seconds: number): ReturnType<Load> {
  const file = await writeCalls(relay, { method: 'GET', target: '/hello', first: LOADED });
  const calls = wrk(relay, file, { callers: FLOOD_CALLERS, seconds: Math.ceil(seconds + 0.5) });
  // This handles a failure until the load's end awaits the calls.
  calls.catch(() => undefined);
  return async () => {
    const { callsPerSecond: value } = await calls;
    return [{ metric: 'calls meanwhile', unit: '1/s', better: 'higher', value }];
  };
}
