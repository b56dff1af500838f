// Refused dials are reported to the operator, in the log and in the audit log, without a line for each.
import type { RefusalAudit } from '../../audit/refusal-audit.js';
import type { Logger } from '../../observability/log.js';
import type { DialResult } from '../../observability/metrics.js';
import type { RefusalPort, SpentCredential } from '../../store/ports/admission.js';
import { isStoreFailure, storeWhy } from '../../store/ports/errors.js';
import { hashToken } from '../../store/ports/ids.js';

/** A device that was not let in. */
export interface RefusedDial {
  readonly token: string;
  /** The device's IP address in normal form. */
  readonly address: string;
}

/** The options of {@link RefusedDials}. */
export interface RefusedDialsOptions {
  readonly store: RefusalPort;
  readonly refusals: Pick<RefusalAudit, 'record'>;
  readonly log: Logger;
}

/** How many dials may wait for their report, and how many one question to the store covers; further ones are only counted. */
const MAX_WAITING = 1000;

/** How often the log says how many dials without a line of their own were refused, in ms. */
const COUNTS_INTERVAL_MS = 10_000;

type Refusal = Exclude<DialResult, 'accepted'>;

/**
 * Reports dials after they were answered. A dial with an invalid token gets a line that says whose token it was; of the
 * other refusals, which whole fleets get at once, the log gives only the number. The store is asked about many dials
 * together, one question at a time.
 */
export class RefusedDials {
  readonly #options: RefusedDialsOptions;
  #waiting: RefusedDial[] = [];
  #reporting = false;
  /** Refused dials without a line of their own, since the counts were last logged. */
  #counted: Partial<Record<Refusal, number>> = {};
  /** True if the reason why dials could not be decided on was logged since the counts were. */
  #undecidedLogged = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RefusedDialsOptions) {
    this.#options = options;
  }

  /** Reports a dial, or counts it. @param why the answer that the dial got */
  refused(dial: RefusedDial, why: Refusal): void {
    if (why === 'unauthorized' && this.#waiting.length < MAX_WAITING) this.#wait(dial);
    else this.count(why);
  }

  /** Counts a refused connection of which only the answer is known. */
  count(why: Refusal): void {
    this.#counted[why] = (this.#counted[why] ?? 0) + 1;
    this.#logCountsLater();
  }

  /** Logs why some dials could not be decided on: once between two counts, as devices dial again and again meanwhile. */
  undecided(error: unknown): void {
    if (this.#undecidedLogged) return;
    this.#undecidedLogged = true;
    this.#logCountsLater();
    const level = isStoreFailure(error) ? 'warn' : 'error';
    this.#options.log[level](storeWhy(error), 'devices could not be authenticated');
  }

  #logCountsLater(): void {
    this.#timer ??= setTimeout(() => this.#logCounts(), COUNTS_INTERVAL_MS).unref();
  }

  #wait(dial: RefusedDial): void {
    this.#waiting.push(dial);
    if (this.#reporting) return;
    this.#reporting = true;
    setImmediate(() => void this.#report());
  }

  async #report(): Promise<void> {
    const { refusals, log } = this.#options;
    while (this.#waiting.length > 0) {
      const dials = this.#waiting;
      this.#waiting = [];
      const known = await this.#spentOf(dials);
      for (const [at, { address: remoteAddr }] of dials.entries()) {
        const spent = known[at];
        const { owner: userId, deviceId } = spent ?? {};
        const reason = spent === undefined ? 'unknown token' : 'its token is good no more';
        log.info({ remoteAddr, userId, deviceId, reason }, 'a device was refused');
        if (deviceId === undefined) continue;
        const entry = { action: 'device.connected', target: deviceId, result: 'refused' } as const;
        refusals.record(userId, { actor: 'device', remoteAddr, ...entry });
      }
    }
    this.#reporting = false;
  }

  async #spentOf(dials: readonly RefusedDial[]): Promise<readonly (SpentCredential | undefined)[]> {
    const { store, log } = this.#options;
    try {
      return await store.spentCredentials(dials.map(({ token }) => hashToken(token)));
    } catch (error) {
      log.warn({ ...storeWhy(error), dials: dials.length }, 'whose refused tokens were could not be asked');
      return [];
    }
  }

  #logCounts(): void {
    this.#timer = undefined;
    this.#undecidedLogged = false;
    if (Object.keys(this.#counted).length === 0) return;
    this.#options.log.info({ ...this.#counted, withinMs: COUNTS_INTERVAL_MS }, 'dials were refused');
    this.#counted = {};
  }
}
