import type { Clock } from '../clock.js';
import type { LinkBounds } from '../link/link.js';
import type { LivenessOptions } from './liveness.js';

/** What every kind of host is started with. */
export interface HostOptions {
  /** For logs and errors. */
  readonly name: string;
  /** A module that exports `implementations` (HostModule). */
  readonly module: URL;
  /** Handed to the module's `implementations` if that is a function; must survive the structured clone. */
  readonly data?: unknown;
  readonly bounds?: Partial<LinkBounds>;
  readonly liveness?: Partial<LivenessOptions>;
  /** Milliseconds until the module must be loaded. Default 60,000. */
  readonly startTimeoutMs?: number;
  /** Told once, with the milliseconds gone by, of a start that takes long. */
  readonly onSlowStart?: (elapsedMs: number) => void;
  readonly clock?: Clock;
}
