// The benchmark storm measures devices that dial all at once.
import { INSPECTED, Inspector } from '../test/e2e/kit/inspector.js';
import { type Benchmark, Samples, withoutMissing } from './benchmark.js';
import { seedStack } from './relay/peers.js';
import { cpuMicros } from './relay/proc.js';
import { UP, type UpRelay, upByToken } from './relay/product.js';
import type { Relay, RelayKind } from './relay/relay.js';
import { openStand, startFleet } from './relay/stand.js';
import { Bystander } from './storm/bystander.js';
import { allIn } from './storm/fleet.js';
import { Dropouts, shuffled } from './turns.js';

/** The number of session hosts: one is left when one is killed. On two cores the product's default is one. */
const HOSTS = 2;
const SIZES = { small: { devices: 1_000, rounds: 1 }, full: { devices: 10_000, rounds: 3 } };

/** Measures devices that dial all at once, with credentials of their own if the relay checks any. */
export const storm: Benchmark = {
  name: 'storm',
  async run(size, log) {
    const out = new Dropouts(log);
    const subject = <R extends Relay>(kind: RelayKind<R>, killer?: Killer<R>) => {
      const samples = new Samples();
      const turn = async (round: string) => {
        log(`${round}: ${kind.subject}`);
        const once = new Storm(kind, SIZES[size].devices, samples).run(killer);
        await once.catch((error) => out.drop(kind.subject, round, error));
      };
      return { samples, turn };
    };
    const subjects = [subject(upByToken, hostKiller), subject(seedStack)];
    for (let round = 1; round <= SIZES[size].rounds; round++) {
      for (const { turn } of shuffled(subjects)) await turn(`round ${round}`);
    }
    const figures = subjects.flatMap(({ samples }) => samples.figures);
    return { product: UP, figures: withoutMissing(figures, out.missing), missing: out.missing };
  },
};

/** Prepares to kill a session host of a relay. */
type Killer<R> = (relay: R) => Promise<{ kill(): Promise<unknown>; done(): Promise<void> }>;

const hostKiller: Killer<UpRelay> = async ({ process }) => {
  const inspector = await Inspector.attach(process.program, HOSTS);
  return {
    kill: () => inspector.run(`throw new Error('killed by the benchmark')`, 1),
    done: () => inspector.detach(),
  };
};

/** One round of one subject, with a relay of its own. */
class Storm<R extends Relay> {
  readonly #kind: RelayKind<R>;
  readonly #devices: number;
  readonly #samples: Samples;

  constructor(kind: RelayKind<R>, devices: number, samples: Samples) {
    this.#kind = kind;
    this.#devices = devices;
    this.#samples = samples;
  }

  async run(killer?: Killer<R>): Promise<void> {
    const env = { ...INSPECTED, VISIONA_HOSTS: String(HOSTS) };
    // A new session goes to the host with the fewest sessions: the first devices are one in each host.
    const first = { devices: HOSTS + this.#devices, connected: 1, env };
    const stand = await openStand(this.#kind, first);
    const { relay } = stand;
    const bystanders = [new Bystander(relay, 0, stand.fleet)];
    const many = this.#devices.toLocaleString('en-US');
    let fleet: Awaited<ReturnType<typeof startFleet>> | undefined;
    try {
      for (let place = 1; place < HOSTS; place++) bystanders.push(await Bystander.connect(relay, place));
      const range = { from: HOSTS, upTo: HOSTS + this.#devices, parallel: this.#devices };
      await this.#phase(relay, bystanders, `${many} devices dial`, async (now) => {
        fleet = await startFleet(relay, range);
        return allIn(fleet, now);
      });
      await this.#phase(relay, bystanders, `${many} connections break, all dial again`, async (now) => {
        fleet?.command('drop');
        return allIn(fleet, now);
      });
      if (killer === undefined) return;
      const { kill, done } = await killer(relay);
      await this.#phase(
        relay,
        bystanders,
        `a host of ${HOSTS} with ${many} devices is killed`,
        async (now) => {
          await kill();
          return allIn(fleet, now);
        },
      );
      await done();
    } finally {
      await fleet?.stop();
      for (const bystander of bystanders.slice(1)) await bystander.stop();
      await stand.stop();
    }
  }

  /**
   * Measures one phase.
   * @param storm begins the phase, and resolves with how long it took until all devices were connected, in ms
   */
  async #phase(
    relay: Relay,
    bystanders: readonly Bystander[],
    title: string,
    storm: (startedAt: number) => Promise<number>,
  ): Promise<void> {
    const called = await Promise.all(bystanders.map((bystander) => bystander.call()));
    const end = (from: number, until: number) => Promise.all(called.map((calls) => calls.end(from, until)));
    const before = await cpuMicros(relay.pid);
    const startedAt = performance.now();
    const took = await storm(startedAt).catch(async (error) => {
      // Without this the calls would go on for minutes.
      await end(startedAt, performance.now()).catch(() => undefined);
      throw error;
    });
    const cpu = (await cpuMicros(relay.pid)) - before;
    const seen = await end(startedAt, startedAt + took);
    const add = (metric: string, unit: string, value: number, noRatio?: true) =>
      this.#samples.add(
        {
          case: title,
          metric,
          unit,
          better: 'lower',
          subject: this.#kind.subject,
          ...(noRatio && { noRatio }),
        },
        value,
      );
    add('until all are in', 's', took / 1000);
    add('relay CPU', 's', cpu / 1e6);
    const [kept, lost] = [seen.filter(({ fell }) => !fell), seen.filter(({ fell }) => fell)];
    add('failed calls of devices that stay', 'calls', sum(kept.map(({ failed }) => failed)), true);
    if (kept.length > 0) add('p99 latency of their calls', 'ms', Math.max(...kept.map(({ p99 }) => p99)));
    if (lost.length > 0)
      add('failed calls of one that falls', 'calls', sum(lost.map(({ failed }) => failed)), true);
  }
}

function sum(list: readonly number[]): number {
  return list.reduce((total, each) => total + each, 0);
}
