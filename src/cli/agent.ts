import { makeAgent } from '../agent/agent.js';
import { connectUrl } from '../agent/dial.js';
import { type AgentConfig, DEFAULT_TUNNEL_URL } from '../config/types.js';
import type { Logger } from '../observability/log.js';
import { CliError } from './errors.js';
import type { RunningProcess } from './process.js';

/** How long open streams may take at a drain, in ms; less than the run loop allows, so that the close is a clean one. */
const STREAMS_DRAIN_MS = 25_000;

/**
 * `visiona agent`: ready when it dials, not when the cloud answers, which may be down for hours.
 * @throws TokenFileError when there is no usable credential; CliError
 */
export async function startAgent(config: AgentConfig, log: Logger): Promise<RunningProcess> {
  const { tunnelUrl = new URL(DEFAULT_TUNNEL_URL), tokenFile, simulate, heartbeatMs, idleTimeoutMs } = config;
  if (config.pair !== undefined) {
    throw new CliError('ERR_USAGE', 'pairing codes cannot be exchanged yet: give the session token instead');
  }
  const target = simulate ? 'simulate' : config.target;
  const token = config.deviceToken?.reveal();
  const agent = await makeAgent({ tunnelUrl, tokenFile, token, target, heartbeatMs, idleTimeoutMs }, log);
  const running = agent.run();
  return {
    ready: {
      dials: connectUrl(tunnelUrl).href,
      target: simulate ? 'a virtual edge host' : config.target.origin,
    },
    failed: running.then(
      () => new Promise<never>(() => {}),
      (error: unknown) => (error instanceof Error ? error : new Error('the agent failed', { cause: error })),
    ),
    async drain() {
      await agent.drain(STREAMS_DRAIN_MS);
      await running;
    },
  };
}
