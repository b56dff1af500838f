// The benchmark forward-bulk measures large bodies, and small calls beside them.
import type { Benchmark } from './benchmark.js';
import { callsBeside, transfersBeside } from './load/beside.js';
import { Transfers } from './load/generators.js';
import { seedStack } from './relay/peers.js';
import { cpuMicros } from './relay/proc.js';
import { UP, upByToken } from './relay/product.js';
import { type Relay, writeCalls } from './relay/relay.js';
import { withStands } from './relay/stand.js';
import { type Measured, takeTurns } from './turns.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const SIZES = {
  small: { bytes: 64 * MIB, rounds: 2, beside: { rounds: 1, seconds: 2.5 } },
  full: { bytes: GIB, rounds: 5, beside: { rounds: 5, seconds: 8.5 } },
};
const DIRECTIONS = ['down', 'up'] as const;
type Direction = (typeof DIRECTIONS)[number];

/** The number of 1 KiB calls a second beside a transfer: few, so that they wait for the transfer only. */
const RATE = 200;
const SMALL = '/bytes?n=1024';

/** Measures a large body down and up one tunnel, and small calls beside it. */
export const forwardBulk: Benchmark = {
  name: 'forward-bulk',
  async run(size, log) {
    const { bytes, rounds, beside } = SIZES[size];
    const outcome = await withStands(
      [upByToken, seedStack],
      { title: '1 tunnel', devices: 1, size, log },
      async (stands, out) => {
        const figures = [];
        for (const direction of DIRECTIONS) {
          const title = `${bytes / MIB} MiB ${direction}`;
          log(title);
          // This warms up; a relay that fails here fails in its rounds too.
          for (const { relay } of stands) await transfer(relay, direction, bytes).catch(() => undefined);
          figures.push(
            ...(await takeTurns(stands, { title, rounds, size, out }, ({ relay }) =>
              transfer(relay, direction, bytes),
            )),
          );
        }
        for (const direction of size === 'full' ? DIRECTIONS : (['down'] as const)) {
          const title = `1 KiB calls, ${RATE}/s, beside a body ${direction}`;
          log(title);
          figures.push(
            ...(await takeTurns(stands, { title, rounds: beside.rounds, size, out }, ({ relay }) =>
              smallCallsBeside(relay, direction, beside.seconds),
            )),
          );
        }
        return figures;
      },
    );
    return { product: UP, ...outcome };
  },
};

/** The call that makes a transfer, and the bytes of its request's body. */
function call(direction: Direction, bytes: number) {
  return direction === 'down'
    ? { method: 'GET', target: `/bytes?n=${bytes}`, upload: 0 }
    : { method: 'POST', target: '/count', upload: bytes };
}

async function transfer(relay: Relay, direction: Direction, bytes: number): Promise<readonly Measured[]> {
  const { upload, ...of } = call(direction, bytes);
  const transfers = new Transfers(relay, await writeCalls(relay, of), { upload, times: 1 });
  try {
    const before = await cpuMicros(relay.pid);
    const { ms, bytes: came } = await transfers.next();
    const cpu = (await cpuMicros(relay.pid)) - before;
    if (direction === 'down' && came !== bytes) throw new Error(`${came} bytes came of ${bytes}`);
    return [
      { metric: 'volume', unit: 'MiB/s', better: 'higher', value: (bytes / MIB / ms) * 1000 },
      { metric: 'relay CPU per GiB', unit: 's', better: 'lower', value: (cpu / 1e6) * (GIB / bytes) },
    ];
  } finally {
    await transfers.stop();
  }
}

/** Measures the latency of small calls at a fixed rate, alone and beside transfers on the same tunnel. */
async function smallCallsBeside(
  relay: Relay,
  direction: Direction,
  seconds: number,
): Promise<readonly Measured[]> {
  const small = await writeCalls(relay, { method: 'GET', target: SMALL });
  const { upload, ...of } = call(direction, 64 * MIB);
  const large = await writeCalls(relay, of);
  return callsBeside(relay, small, { rate: RATE, seconds }, async () =>
    transfersBeside(relay, large, upload),
  );
}
