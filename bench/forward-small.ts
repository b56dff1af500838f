// The benchmark forward-small measures calls of 5 bytes.
import { type Benchmark, mergeOutcomes, missingAll, type Outcome, type Size } from './benchmark.js';
import { plainNode, rawUws, seedStack, seedStackReverseProxy } from './relay/peers.js';
import { remoteProxy, UP, upByCookie, upByToken } from './relay/product.js';
import { type RelayKind, writeCalls } from './relay/relay.js';
import { withStands } from './relay/stand.js';
import { NO_WRK, type Sample, wrk, wrkIsAvailable } from './relay/wrk.js';
import { takeTurns } from './turns.js';

const KINDS = [
  upByToken,
  { ...upByCookie, fullOnly: true },
  { ...remoteProxy, fullOnly: true },
  seedStack,
  { ...seedStackReverseProxy, fullOnly: true },
  plainNode,
  { ...rawUws, fullOnly: true },
];
/** The load before the first round, which lets the compilers do their work. */
const WARM_UP = { callers: 64, seconds: { small: 2, full: 4 } };
const SIZES = {
  small: { callers: { 1: [1, 64], 100: [64] }, rounds: 3, seconds: 1 },
  full: { callers: { 1: [1, 16, 64, 256], 100: [1, 16, 64, 256] }, rounds: 5, seconds: 2 },
};

/** Measures GET calls of 5 bytes from a device, over one tunnel and over 100. */
export const forwardSmall: Benchmark = {
  name: 'forward-small',
  async run(size, log) {
    if (!(await wrkIsAvailable())) return missingAll(NO_WRK);
    const one = await smallCalls(KINDS, 1, size, log);
    return { product: UP, ...mergeOutcomes([one, await smallCalls(KINDS, 100, size, log)]) };
  },
};

/** Measures calls of 5 bytes through each kind of relay, turn by turn. @param kinds the relays, each with a load of its own */
export function smallCalls(
  kinds: readonly RelayKind[],
  devices: 1 | 100,
  size: Size,
  log: (line: string) => void,
): Promise<Outcome> {
  const where = `${devices} ${devices === 1 ? 'tunnel' : 'tunnels'}`;
  const { callers: counts, rounds, seconds } = SIZES[size];
  return withStands(kinds, { title: where, devices, size, log }, async (stands, out) => {
    const ready = [];
    for (const { subject, relay } of stands) {
      const file = await writeCalls(relay, { method: 'GET', target: '/hello', devices });
      ready.push({
        subject,
        load: (callers: number, s: number) => wrk(relay, file, { callers, seconds: s }),
      });
      // A relay that fails here fails in its rounds too, and is reported there.
      await ready
        .at(-1)
        ?.load(WARM_UP.callers, WARM_UP.seconds[size])
        .catch(() => undefined);
    }
    const figures = [];
    for (const callers of counts[devices]) {
      const title = `${where}, ${callers} ${callers === 1 ? 'caller' : 'callers'}`;
      log(title);
      const turns = takeTurns(ready, { title, rounds, size, out }, async ({ load }) =>
        measured(await load(callers, seconds)),
      );
      figures.push(...(await turns));
    }
    return figures;
  });
}

function measured({ callsPerSecond, cpuPerCall, p50, p99 }: Sample) {
  return [
    { metric: 'calls', unit: '1/s', better: 'higher', value: callsPerSecond },
    { metric: 'relay CPU per call', unit: 'µs', better: 'lower', value: cpuPerCall },
    { metric: 'median latency', unit: 'ms', better: 'lower', value: p50 },
    { metric: 'p99 latency', unit: 'ms', better: 'lower', value: p99 },
  ] as const;
}
