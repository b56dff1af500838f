import { setTimeout as delay } from 'node:timers/promises';

/** Time as the agent sees it; replaced in tests. */
export interface AgentClock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Fulfilled after `ms`, or as soon as `signal` aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const agentClock: AgentClock = {
  now: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};
