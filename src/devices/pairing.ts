import type { RefusalAudit } from '../audit/refusal-audit.js';
import type { Allowance } from '../limits/attempt-limit.js';
import { type Attempt, SharedLimit } from '../limits/shared-limit.js';
import { networkOf } from '../net/ip-address.js';
import type { Logger } from '../observability/log.js';
import type { AttemptPort } from '../store/ports/attempts.js';
import type { Requester } from '../store/ports/audit.js';
import { StoreError, storeWhy } from '../store/ports/errors.js';
import type { DeviceId, PairingTokenId, SessionToken, TokenHash, UserId } from '../store/ports/ids.js';
import type { PairedDevice, PairingOffer, PairingPort, PendingDevice } from '../store/ports/pairing.js';
import {
  codeOf,
  hashCode,
  hashPresented,
  newPairingSecret,
  type PairingSecret,
  shownCode,
} from './pairing-code.js';

/** How long a pairing token may be good for, in seconds: what a code's 49 bits are enough for has an end. */
export const PAIRING_TTL = { min: 30, default: 600, max: 3600 } as const;

/** How many devices one pairing token may pair: a shelf of them, set up by a script. */
export const PAIRING_USES = { min: 1, default: 1, max: 100 } as const;

/** What a new pairing token is to be. */
export interface WantedPairing {
  /** Of the device; with a number, if there are several. */
  readonly name?: string;
  /** Within {@link PAIRING_TTL}. */
  readonly ttlSeconds?: number;
  /** Within {@link PAIRING_USES}. */
  readonly uses?: number;
}

/** A new pairing token. This is the only time that it is seen. */
export interface MintedPairing {
  readonly tokenId: PairingTokenId;
  readonly token: PairingSecret;
  /** The same, to be typed. */
  readonly code: string;
  readonly uses: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** What a device asks with. */
export interface PairingAttempt {
  /** A token or a code; whatever else it may be, the answer is `refused`. */
  readonly token: unknown;
  readonly device: PairedDevice;
  /** Who sent it, in normal form. */
  readonly remoteAddr: string;
  readonly requestId?: string;
}

export type PairingOutcome =
  | { readonly kind: 'paired'; readonly deviceId: DeviceId; readonly sessionToken: SessionToken }
  /** Unknown, used, expired, revoked or malformed: nobody is told which. */
  | { readonly kind: 'refused' }
  | {
      readonly kind: 'rate-limited';
      readonly limit: 'pairing-address' | 'pairing-code';
      readonly retryAfterSeconds: number;
    };

export interface PairingLimits {
  /** Attempts of one address that were refused or are under way: a fleet behind one NAT may pair at once. */
  readonly perAddress: Allowance;
  /** Attempts with one code that were refused, failed or are under way. */
  readonly perCode: Allowance;
}

export interface PairingOptions {
  readonly store: PairingPort;
  /** Where attempts are counted for all processes. */
  readonly attempts: AttemptPort;
  readonly refusals: Pick<RefusalAudit, 'pairing'>;
  readonly log: Logger;
  readonly limits?: PairingLimits;
}

const LIMITS: PairingLimits = {
  perAddress: { points: 30, windowSeconds: 60 },
  // Above what one code may have under way.
  perCode: { points: PAIRING_USES.max + 10, windowSeconds: 600 },
};

/** For the audit log. */
const SYSTEM: Requester = { actor: 'system' };

const REFUSED: PairingOutcome = { kind: 'refused' };

/** Makes pairing tokens and takes them in exchange for session tokens (03-identity §3.4). */
export class Pairing {
  readonly #store: PairingPort;
  readonly #refusals: Pick<RefusalAudit, 'pairing'>;
  readonly #log: Logger;
  readonly #addresses: SharedLimit;
  readonly #codes: SharedLimit;

  constructor({ store, attempts, refusals, log, limits = LIMITS }: PairingOptions) {
    this.#store = store;
    this.#refusals = refusals;
    this.#log = log;
    this.#addresses = new SharedLimit('pairing-address', limits.perAddress, attempts);
    this.#codes = new SharedLimit('pairing-code', limits.perCode, attempts);
  }

  /** Makes a pairing token. Rejects with what the store rejects with, such as ERR_STORE_LIMIT. @throws RangeError */
  async mint(
    owner: UserId,
    { name, ttlSeconds = PAIRING_TTL.default, uses = PAIRING_USES.default }: WantedPairing = {},
    by: Requester = {},
  ): Promise<MintedPairing> {
    if (!isWithin(ttlSeconds, PAIRING_TTL))
      throw new RangeError(`a pairing token is not good for ${ttlSeconds} s`);
    if (!isWithin(uses, PAIRING_USES))
      throw new RangeError(`a pairing token is not good for ${uses} devices`);
    const token = newPairingSecret();
    const code = codeOf(token);
    const expiresAt = Date.now() + ttlSeconds * 1000;
    const kept = { hash: hashCode(code), uses, expiresAt, ...(name !== undefined && { name }) };
    const tokenId = await this.#store.addPairingToken(owner, kept, by);
    return { tokenId, token, code: shownCode(code), uses, expiresAt };
  }

  /**
   * Exchanges a pairing token for the session token of a new device. Rejects with what the store rejects with; then, too,
   * there is no session token that anybody has and that is good for anything.
   */
  async exchange({ token, device, ...by }: PairingAttempt): Promise<PairingOutcome> {
    const { remoteAddr } = by;
    const hash = hashPresented(token);
    // Counted before the store is asked: attempts at one time are as limited as attempts one after the other. What a
    // limited address tries counts against no code, and fills no room for counts of codes.
    const byAddress = await this.#addresses.attempt(networkOf(remoteAddr));
    if (byAddress.waitSeconds > 0) return limited('pairing-address', byAddress);
    const byCode = await this.#codes.attempt(hash);
    if (byCode.waitSeconds > 0) return limited('pairing-code', byCode);
    let kind: PairingOutcome['kind'] | undefined;
    try {
      const outcome = await this.#attempt(hash, device, by);
      kind = outcome.kind;
      if (kind === 'refused') this.#refusals.pairing(hash, by);
      return outcome;
    } finally {
      // Who gets no answer from the store has learned nothing, and comes again.
      if (kind !== 'refused') await byAddress.giveBack();
      if (kind === 'paired') await byCode.giveBack();
    }
  }

  async #attempt(hash: TokenHash, device: PairedDevice, by: Requester): Promise<PairingOutcome> {
    const offer = await this.#store.findPairing(hash);
    if (offer === undefined) return REFUSED;
    const minted = await this.#mintPending(offer, device);
    if (minted === undefined) return REFUSED;
    if (!(await this.#complete(offer, minted, by))) return REFUSED;
    const { deviceId, sessionToken } = minted;
    this.#log.info({ deviceId, tokenId: offer.tokenId }, 'a device was paired');
    return { kind: 'paired', deviceId, sessionToken };
  }

  /** Undefined: whoever made the pairing token is not there any more. */
  async #mintPending(offer: PairingOffer, device: PairedDevice): Promise<PendingDevice | undefined> {
    const { owner, tokenId } = offer;
    try {
      return await this.#store.mintPending(owner, tokenId, device);
    } catch (error) {
      if (error instanceof StoreError && error.code === 'ERR_STORE_CONFLICT') return undefined;
      throw error;
    }
  }

  /** Makes the session token valid. Where that fails, or may have failed, the token is taken away and never told. */
  async #complete(offer: PairingOffer, minted: PendingDevice, by: Requester): Promise<boolean> {
    let completed = false;
    try {
      completed = await this.#store.completePairing(offer.owner, offer.tokenId, minted.credentialId, by);
    } finally {
      // A write whose answer was lost may have been done.
      if (!completed) await this.#takeAway(offer, minted);
    }
    return completed;
  }

  async #takeAway(
    { owner, tokenId }: PairingOffer,
    { deviceId, credentialId }: PendingDevice,
  ): Promise<void> {
    try {
      await this.#store.revokeCredential(owner, credentialId, SYSTEM);
    } catch (error) {
      this.#log.error(
        { ...storeWhy(error), alert: true, deviceId, credentialId, tokenId },
        'a pairing failed and its credential could not be revoked: nobody has it; revoke the device if it is listed',
      );
    }
  }
}

function limited(
  limit: 'pairing-address' | 'pairing-code',
  { waitSeconds: retryAfterSeconds }: Attempt,
): PairingOutcome {
  return { kind: 'rate-limited', limit, retryAfterSeconds };
}

function isWithin(value: number, { min, max }: { readonly min: number; readonly max: number }): boolean {
  return value >= min && value <= max;
}
