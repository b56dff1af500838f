import { systemClock } from '../clock.js';
import type { Host } from '../host.js';
import { HOST_START_TIMEOUT_MS, LIVENESS_PERIOD_MS, LIVENESS_TIMEOUT_MS } from '../limits.js';
import { defaultBounds, type LinkBounds } from '../link/link.js';
import type { Transport } from '../link/transport.js';
import type { Carrier } from './carrier.js';
import { HostClient } from './host-client.js';
import type { HostOptions } from './host-options.js';

/** What the host side needs to know to begin; it survives the structured clone. */
export interface HostTask {
  readonly module: string;
  readonly data: unknown;
  readonly bounds: LinkBounds;
}

export function hostTask(options: HostOptions): HostTask {
  const bounds = { ...defaultBounds, ...options.bounds };
  return { module: options.module.href, data: options.data, bounds };
}

/** Waits for a host that was just given its task. @throws HostStartError, HostStartLateError */
export function startClient(
  options: HostOptions,
  task: HostTask,
  transport: Transport,
  carrier: Carrier,
): Promise<Host> {
  const client = new HostClient(transport, carrier, {
    name: options.name,
    bounds: task.bounds,
    liveness: { periodMs: LIVENESS_PERIOD_MS, timeoutMs: LIVENESS_TIMEOUT_MS, ...options.liveness },
    clock: options.clock ?? systemClock,
  });
  return client.started(options.startTimeoutMs ?? HOST_START_TIMEOUT_MS, options.onSlowStart);
}
