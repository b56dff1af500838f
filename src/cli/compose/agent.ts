// This file composes `visiona agent`, starts it and drains it.
import { makeAgent } from '../../agent/agent.js';
import { connectUrl } from '../../agent/dial.js';
import { describeMachine } from '../../agent/machine.js';
import { readPairing } from '../../agent/pairing-file.js';
import { VIRTUAL_MODEL } from '../../agent/simulator/system.js';
import { type AgentConfig, DEFAULT_TUNNEL_URL } from '../../config/types.js';
import type { Logger } from '../../observability/log.js';
import type { Secret } from '../../text/secret.js';
import { CALLS_DRAIN_MS, type RunningProcess } from '../process/run.js';

/**
 * Starts `visiona agent`. The agent is ready as soon as it dials, and does not wait for the cloud, which may be down for hours.
 * @throws TokenFileError if there is no usable credential; PairError
 */
export async function startAgent(config: AgentConfig, log: Logger): Promise<RunningProcess> {
  const { tokenFile, simulate, heartbeatMs, idleTimeoutMs } = config;
  if (config.pair !== undefined) await pairDevice(config, config.pair, log);
  const tunnelUrl =
    config.tunnelUrl ?? new URL((await readPairing(tokenFile))?.tunnelUrl ?? DEFAULT_TUNNEL_URL);
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
      await agent.drain(CALLS_DRAIN_MS);
      await running;
      return {};
    },
  };
}

async function pairDevice(
  { publicUrl, tokenFile, simulate }: AgentConfig,
  code: Secret,
  log: Logger,
): Promise<void> {
  // The HTTP client is large, so only a start that pairs loads it.
  const { pair } = await import('../../agent/pair.js');
  const machine = async () => {
    const { name, ...real } = await describeMachine();
    return simulate ? { name, model: VIRTUAL_MODEL } : { name, ...real };
  };
  await pair({ code: code.reveal(), api: publicUrl, tokenFile, machine, log });
}
