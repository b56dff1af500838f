// All kinds of hosts start with the same options; this file turns the options into a host's task and its client.
import type { Clock } from '../clock.js';
import { systemClock } from '../clock.js';
import type { Host } from '../host.js';
import { HOST_START_TIMEOUT_MS, LIVENESS_PERIOD_MS, LIVENESS_TIMEOUT_MS } from '../limits.js';
import { defaultBounds, type LinkBounds } from '../link/link.js';
import type { Transport } from '../link/transport.js';
import type { Carrier } from './host-client.js';
import { HostClient } from './host-client.js';
import type { LivenessOptions } from './liveness.js';

/** The task that the far side of a host is started with; it survives the structured clone. */
export interface HostTask {
  readonly module: string;
  readonly data: unknown;
  readonly bounds: LinkBounds;
}

/** The task for a host of these options, with the default bounds where none are given. */
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

/** The options that every kind of host is started with. */
export interface HostOptions {
  /** The host's name in logs and errors. */
  readonly name: string;
  /** A module that exports `implementations` (HostModule). */
  readonly module: URL;
  /** Handed to the module's `implementations` if that is a function; must survive the structured clone. */
  readonly data?: unknown;
  readonly bounds?: Partial<LinkBounds>;
  readonly liveness?: Partial<LivenessOptions>;
  /** Milliseconds within which the module must be loaded. Default 60,000. */
  readonly startTimeoutMs?: number;
  /** Called once, with the milliseconds gone by, if the start takes long. */
  readonly onSlowStart?: (elapsedMs: number) => void;
  readonly clock?: Clock;
}
