// `callsBeside` measures calls alone and beside a load.
import type { Relay } from '../relay/relay.js';
import type { Measured } from '../turns.js';
import { openLoop, Transfers } from './generators.js';

/** Ends a load that is under way, and gives its figures. @throws if the load stopped before */
export type EndLoad = () => Promise<readonly Measured[]>;

/**
 * Measures the latency of calls at a fixed rate, beside a load and, just before it, alone: a machine's speed changes by the
 * minute.
 * @param file the calls, as `writeCalls` wrote them
 * @param begin begins the load
 */
export async function callsBeside(
  relay: Relay,
  file: string,
  calls: { rate: number; seconds: number },
  begin: () => Promise<EndLoad>,
): Promise<readonly Measured[]> {
  const alone = await openLoop(relay, file, calls);
  const end = await begin();
  const beside = await openLoop(relay, file, calls).catch(async (error) => {
    // If the load fails too, the reason is the same as that of the calls.
    await end().catch(() => undefined);
    throw error;
  });
  const ms = { unit: 'ms', better: 'lower' } as const;
  return [
    { ...ms, metric: 'median latency, alone', value: alone.p50 },
    { ...ms, metric: 'p99 latency, alone', value: alone.p99 },
    { ...ms, metric: 'median latency, beside', value: beside.p50 },
    { ...ms, metric: 'p99 latency, beside', value: beside.p99 },
    { ...ms, metric: 'p99 latency that it adds', noRatio: true, value: beside.p99 - alone.p99 },
    ...(await end()),
  ];
}

/**
 * Begins transfers, one after the other, without end.
 * @param file one call, as `writeCalls` wrote it
 * @param upload the bytes of each request's body
 */
export function transfersBeside(relay: Relay, file: string, upload: number): EndLoad {
  const transfers = new Transfers(relay, file, { upload, times: 1e6 });
  return async () => {
    try {
      const value = (await transfers.breakOff()) / 2 ** 20;
      return [{ metric: 'volume meanwhile', unit: 'MiB/s', better: 'higher', value }];
    } finally {
      await transfers.stop();
    }
  };
}
