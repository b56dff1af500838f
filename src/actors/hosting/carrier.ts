import type { ExitReason } from '../exit.js';

/** The thread or process behind a host, seen from the spawning side. */
export interface Carrier {
  /** Resolves once, when it has ended for whatever reason. */
  readonly ended: Promise<ExitReason>;
  /** Ends it now, whatever it does. */
  kill(why: string): void;
}
