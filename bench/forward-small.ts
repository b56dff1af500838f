import { type Benchmark, type Missing, type Outcome, Samples, type Size } from './benchmark.js';
import { load, loadIsAvailable, type Sample } from './forward/load.js';
import { relayKinds } from './forward/relay.js';
import { openStand, type Stand } from './forward/stand.js';

const TUNNELS = [1, 100];
/** Load before the first round, so that compilers have done their work. */
const WARM_UP = { callers: 64, seconds: 4 };
const SIZES = {
  small: { callers: [1, 64], rounds: 3, seconds: 2 },
  full: { callers: [1, 16, 64, 256], rounds: 5, seconds: 3 },
};

const METRICS = [
  { metric: 'calls', unit: '1/s', better: 'higher', of: (sample: Sample) => sample.callsPerSecond },
  { metric: 'relay CPU per call', unit: 'µs', better: 'lower', of: (sample: Sample) => sample.cpuPerCall },
  { metric: 'median latency', unit: 'ms', better: 'lower', of: (sample: Sample) => sample.p50 },
  { metric: 'p99 latency', unit: 'ms', better: 'lower', of: (sample: Sample) => sample.p99 },
] as const;

/** GET of 5 bytes through the internal API, over one tunnel and over 100. */
export const forwardSmall: Benchmark = {
  name: 'forward-small',
  async run(size, log) {
    if (!(await loadIsAvailable())) {
      return { figures: [], missing: [{ subject: 'all', reason: 'wrk is not installed' }] };
    }
    const outcomes: Outcome[] = [];
    for (const tunnels of TUNNELS) outcomes.push(await withTunnels(tunnels, size, log));
    return {
      figures: outcomes.flatMap((outcome) => outcome.figures),
      missing: outcomes.flatMap((outcome) => outcome.missing),
    };
  },
};

async function withTunnels(tunnels: number, size: Size, log: (line: string) => void): Promise<Outcome> {
  const missing: Missing[] = [];
  const stands: Stand[] = [];
  const where = `${tunnels} ${tunnels === 1 ? 'tunnel' : 'tunnels'}`;
  const drop = (subject: string, what: string, error: unknown) => {
    missing.push({ subject, reason: `${what}: ${error instanceof Error ? error.message : error}` });
    log(`${subject} is out: ${missing.at(-1)?.reason}`);
  };
  try {
    for (const kind of relayKinds) {
      if (kind.fullOnly === true && size !== 'full') continue;
      log(`starting ${kind.subject}, ${where}`);
      await openStand(kind, tunnels).then(
        (stand) => stands.push(stand),
        (error) => drop(kind.subject, where, error),
      );
    }
    const figures: Outcome['figures'][number][] = [];
    for (const stand of stands) {
      // A relay that fails here fails in its rounds too, and is reported there.
      await load(stand.relay, WARM_UP.callers, WARM_UP.seconds).catch(() => undefined);
    }
    for (const callers of SIZES[size].callers) {
      const what = `${where}, ${callers} ${callers === 1 ? 'caller' : 'callers'}`;
      log(what);
      figures.push(...(await rounds(stands, what, callers, size, drop)));
    }
    return { figures, missing };
  } finally {
    await Promise.all(stands.map((stand) => stand.stop()));
  }
}

/** All rounds of one case. A subject with a failed round has no figure in the case. */
async function rounds(
  stands: readonly Stand[],
  what: string,
  callers: number,
  size: Size,
  drop: (subject: string, what: string, error: unknown) => void,
): Promise<Outcome['figures']> {
  const samples = new Samples();
  const failed = new Set<string>();
  const { rounds: count, seconds } = SIZES[size];
  for (let round = 0; round < count; round++) {
    for (const { subject, relay } of stands) {
      if (failed.has(subject)) continue;
      try {
        const sample = await load(relay, callers, seconds);
        for (const { of, ...metric } of METRICS) samples.add({ case: what, subject, ...metric }, of(sample));
      } catch (error) {
        failed.add(subject);
        drop(subject, what, error);
      }
    }
  }
  return samples.figures.filter((figure) => !failed.has(figure.subject));
}
