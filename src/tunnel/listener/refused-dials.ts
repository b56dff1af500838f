import type { RefusalAudit } from '../../audit/refusal-audit.js';
import type { Logger } from '../../observability/log.js';
import type { DialResult } from '../../observability/metrics.js';
import { isStoreFailure, storeWhy } from '../../store/ports/errors.js';
import { hashToken } from '../../store/ports/ids.js';
import type { RefusalPort, SpentCredential } from '../../store/ports/refusals.js';

/** A device that was not let in. */
export interface RefusedDial {
  readonly token: string;
  /** Who dialled, in normal form. */
  readonly address: string;
}

export interface RefusedDialsOptions {
  readonly store: RefusalPort;
  readonly refusals: Pick<RefusalAudit, 'record'>;
  readonly log: Logger;
}

/** Dials that wait to be told of; more are counted. As many as the store is asked about at once. */
const MAX_WAITING = 1000;

/** How often it is told how many dials were refused that have no line, in ms. */
const TELL_EVERY_MS = 10_000;

type Refusal = Exclude<DialResult, 'accepted'>;

/**
 * Tells the operator of dials that were refused, after their answers: of each whose token is not good, whose it was; of others,
 * which whole fleets are told at once, how many. The store is asked about many together, and once at a time.
 */
export class RefusedDials {
  readonly #options: RefusedDialsOptions;
  #waiting: RefusedDial[] = [];
  #telling = false;
  /** Without a line. */
  #counted: Partial<Record<Refusal, number>> = {};
  /** The log says since the last time why nothing can be decided. */
  #saidWhy = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RefusedDialsOptions) {
    this.#options = options;
  }

  /** @param why the answer that it got */
  refused(dial: RefusedDial, why: Refusal): void {
    if (why === 'unauthorized' && this.#waiting.length < MAX_WAITING) this.#wait(dial);
    else this.count(why);
  }

  /** One of which nothing is known but how it was answered. */
  count(why: Refusal): void {
    this.#counted[why] = (this.#counted[why] ?? 0) + 1;
    this.#tellLater();
  }

  /** Nothing could be decided of some, which are counted when they have their answer: devices dial again and again meanwhile. */
  undecided(error: unknown): void {
    if (this.#saidWhy) return;
    this.#saidWhy = true;
    this.#tellLater();
    const level = isStoreFailure(error) ? 'warn' : 'error';
    this.#options.log[level](storeWhy(error), 'devices could not be authenticated');
  }

  #tellLater(): void {
    this.#timer ??= setTimeout(() => this.#tellCounted(), TELL_EVERY_MS).unref();
  }

  #wait(dial: RefusedDial): void {
    this.#waiting.push(dial);
    if (this.#telling) return;
    this.#telling = true;
    setImmediate(() => void this.#tell());
  }

  async #tell(): Promise<void> {
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
    this.#telling = false;
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

  #tellCounted(): void {
    this.#timer = undefined;
    this.#saidWhy = false;
    if (Object.keys(this.#counted).length === 0) return;
    this.#options.log.info({ ...this.#counted, withinMs: TELL_EVERY_MS }, 'dials were refused');
    this.#counted = {};
  }
}
