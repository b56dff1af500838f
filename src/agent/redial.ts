// `Redial` decides when to dial again after each ending, and what to tell the operator.
import { authorityAdvice, MAX_RETRY_AFTER_MS } from './cloud-failure.js';

/** How one attempt to hold a tunnel ended. Times are ms. */
export type Ending =
  /** A tunnel was up and closed, with this WebSocket close code (RFC 6455 §7.4). */
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string; readonly livedMs: number }
  /** The cloud answered the upgrade with an HTTP status. */
  | { readonly kind: 'refused'; readonly status: number; readonly retryAfterMs: number | undefined }
  /** There was no answer: DNS, TCP or TLS failed, or the time was up. */
  | { readonly kind: 'failed'; readonly error: Error };

/** When to dial again, and what to tell the operator. */
export interface Verdict {
  readonly delayMs: number;
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
}

/** Bounds of the exponential backoff (02-tunnel §2.6). */
const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 30_000;
/** How long a tunnel must live to count as good: the next failure then starts from the shortest delay again. */
const LIVED_MS = 10_000;
/** Statuses with which a proxy in front of the cloud answers while the cloud restarts or is away (RFC 9110 §15.6.3, §15.6.5). */
const AWAY = [502, 504];
/** The shortest delay after an ending that only a person can mend: a refused credential, a second device with the same one. */
const SLOW_MIN_MS = 30_000;

const CLOSE_REVOKED = 1008;
const CLOSE_REPLACED = 4000;

const REPLACED =
  'another connection with this device’s credential took over; if no other process of this device did it, two ' +
  'devices share one credential: pair one of them again';

/**
 * Decides how long to wait after each ending: exponential backoff with full jitter, so that a fleet which lost its
 * relay at one moment does not come back at one moment.
 */
export class Redial {
  readonly #random: () => number;
  readonly #tokenFile: string;
  #failures = 0;

  /** `random` gives numbers from 0 to below 1; `tokenFile` is where the device’s credential is kept. */
  constructor(random: () => number, tokenFile: string) {
    this.#random = random;
    this.#tokenFile = tokenFile;
  }

  after(ending: Ending): Verdict {
    switch (ending.kind) {
      case 'closed':
        return this.#closed(ending.code, ending.reason, ending.livedMs);
      case 'refused':
        return this.#refused(ending.status, ending.retryAfterMs);
      case 'failed':
        return {
          delayMs: this.#backoff(),
          level: 'warn',
          message: `the cloud cannot be reached: ${ending.error.message}${authorityAdvice(ending.error)}`,
        };
    }
  }

  #closed(code: number, reason: string, livedMs: number): Verdict {
    if (livedMs >= LIVED_MS) this.#failures = 0;
    if (code === CLOSE_REPLACED) return { delayMs: this.#slow(), level: 'warn', message: REPLACED };
    if (code === CLOSE_REVOKED)
      return { delayMs: this.#slow(), level: 'error', message: this.#refusedCredential() };
    const why = reason === '' ? `code ${code}` : `code ${code}, ${reason}`;
    return { delayMs: this.#backoff(), level: 'info', message: `the tunnel closed (${why})` };
  }

  #refused(status: number, retryAfterMs: number | undefined): Verdict {
    if (status === 401 || status === 403) {
      const message = `${this.#refusedCredential()}; or --tunnel-url is not the address of the relay’s tunnel listener`;
      return { delayMs: this.#slow(), level: 'error', message };
    }
    if (status === 429 || status === 503) {
      const asked = Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
      // Every device got the same Retry-After, so the jitter comes on top of it.
      return {
        delayMs: asked + this.#backoff(),
        level: 'warn',
        message: `the cloud asked to come back later (status ${status})`,
      };
    }
    if (AWAY.includes(status)) {
      return {
        delayMs: this.#backoff(),
        level: 'warn',
        message: `the cloud cannot be reached just now: a proxy in front of it answered ${status}`,
      };
    }
    return {
      delayMs: this.#backoff(),
      level: 'error',
      message: `the cloud answered ${status} instead of a tunnel: check the tunnel URL`,
    };
  }

  #refusedCredential(): string {
    return (
      'the cloud refused this device’s credential (unknown, revoked or expired): remove ' +
      `${this.#tokenFile} and pair the device again, or put its current session token into that file, which is ` +
      'read again before each attempt'
    );
  }

  #backoff(): number {
    const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** this.#failures);
    if (ceiling < BACKOFF_MAX_MS) this.#failures++;
    return this.#random() * ceiling;
  }

  #slow(): number {
    return SLOW_MIN_MS * (1 + this.#random());
  }
}
