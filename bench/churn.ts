// The benchmark churn measures devices that are paired, called once and revoked.
import { serve } from '../test/e2e/kit/load.js';
import type { Person, RestProcess } from '../test/e2e/kit/rest-process.js';
import { ScriptedDevice } from '../test/e2e/kit/scripted-device.js';
import type { Benchmark } from './benchmark.js';
import { percentiles } from './load/percentiles.js';
import { cpuMicros } from './relay/proc.js';
import { UP, upByToken } from './relay/product.js';
import { Dropouts, type Measured, takeTurns } from './turns.js';

/** The number of people whose devices come and go at once; each person has one device at a time. */
const PEOPLE = 8;
const SIZES = { small: { rounds: 3, times: 80 }, full: { rounds: 5, times: 800 } };

/** Devices that are paired, dial, are called once, and are revoked. */
export const churn: Benchmark = {
  name: 'churn',
  async run(size, log) {
    const { rounds, times } = SIZES[size];
    const out = new Dropouts(log);
    const { process, pid, stop } = await upByToken.start({ devices: 0 });
    try {
      const names = Array.from({ length: PEOPLE }, (_, i) => `comes-and-goes-${i}`);
      const people = await Promise.all(names.map((name) => process.signIn(name)));
      const round = () => comeAndGo(process, pid, people, times);
      const title = `pair, dial, call, revoke; ${PEOPLE} at once`;
      // This warms up; a failure here happens in the rounds too.
      await round().catch(() => undefined);
      const figures = await takeTurns([{ subject: UP }], { title, rounds, size, out }, round);
      return { product: UP, figures, missing: out.missing };
    } finally {
      await stop();
    }
  },
};

async function comeAndGo(
  up: RestProcess,
  pid: number,
  people: readonly Person[],
  times: number,
): Promise<readonly Measured[]> {
  const [startedAt, before] = [performance.now(), await cpuMicros(pid)];
  const answeredAfter: number[] = [];
  const each = async (person: Person) => {
    for (let i = 0; i < times / people.length; i++) answeredAfter.push(await one(up, person));
  };
  await Promise.all(people.map(each));
  const ms = performance.now() - startedAt;
  const { p50, p99 } = percentiles(answeredAfter);
  return [
    { metric: 'times a second', unit: '1/s', better: 'higher', value: (times / ms) * 1000 },
    {
      metric: 'relay CPU each',
      unit: 'ms',
      better: 'lower',
      value: ((await cpuMicros(pid)) - before) / times / 1000,
    },
    { metric: 'median until its call is answered', unit: 'ms', better: 'lower', value: p50 },
    { metric: 'p99 until its call is answered', unit: 'ms', better: 'lower', value: p99 },
  ];
}

/** Pairs one device, calls it and revokes it. @returns ms from the request for a code to the answer of the first call */
async function one(up: RestProcess, person: Person): Promise<number> {
  const startedAt = performance.now();
  const { deviceId, sessionToken } = await person.pair('comes and goes');
  const device = await ScriptedDevice.connect(up.tunnelUrl, sessionToken);
  serve(device);
  const answer = await person.get(`/api/devices/${deviceId}/proxy/hello`);
  const text = await answer.text();
  if (answer.status !== 200 || text !== '/hello')
    throw new Error(`its call was answered ${answer.status}: ${text}`);
  const ms = performance.now() - startedAt;
  const revoked = await person.send('DELETE', `/api/devices/${deviceId}`);
  if (!revoked.ok) throw new Error(`its revocation was answered ${revoked.status}`);
  await device.closed;
  return ms;
}
