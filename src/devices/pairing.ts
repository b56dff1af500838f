// `Pairing` turns a user's pairing token into a device with a session token.
import type { RefusalAudit } from '../audit/refusal-audit.js';
import type { Allowance } from '../limits/attempt-limit.js';
import type { Attempt, SharedLimit } from '../limits/shared-limit.js';
import { networkOf } from '../net/ip-address.js';
import type { Logger } from '../observability/log.js';
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

/** How long a pairing token is valid, in seconds. The bound is short because a code has only 49 bits (docs/adr/0011). */
export const PAIRING_TTL = { min: 30, default: 600, max: 3600 } as const;

/** How many devices one pairing token may pair: a script may set up a shelf of devices with one token. */
export const PAIRING_USES = { min: 1, default: 1, max: 100 } as const;

/** The properties that a user wants of a new pairing token. */
export interface WantedPairing {
  /** Name of the device; a number is added if the token pairs several. */
  readonly name?: string;
  /** Within {@link PAIRING_TTL}. */
  readonly ttlSeconds?: number;
  /** Within {@link PAIRING_USES}. */
  readonly uses?: number;
}

/** A new pairing token. The token and its code are shown this once: only the code's hash is stored. */
export interface MintedPairing {
  readonly tokenId: PairingTokenId;
  readonly token: PairingSecret;
  /** The token as a person types it. */
  readonly code: string;
  readonly uses: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** A device's request to be paired. */
export interface PairingAttempt {
  /** A pairing token or its code; any other value is `refused`. */
  readonly token: unknown;
  readonly device: PairedDevice;
  /** Address of the sender, in normal form. */
  readonly remoteAddr: string;
  readonly requestId?: string;
}

/** The answer to a {@link PairingAttempt}. */
export type PairingOutcome =
  | { readonly kind: 'paired'; readonly deviceId: DeviceId; readonly sessionToken: SessionToken }
  /** The token is unknown, used, expired, revoked or malformed: the caller is not told which. */
  | { readonly kind: 'refused' }
  | {
      readonly kind: 'rate-limited';
      readonly limit: 'pairing-address' | 'pairing-code';
      readonly retryAfterSeconds: number;
    };

/** Attempts of one address that were refused or are under way. A fleet behind one NAT may pair at once. */
export const PAIRING_ATTEMPTS_OF_ADDRESS: Allowance = { points: 30, windowSeconds: 60 };

/**
 * Attempts with one code that were refused, failed or are under way: above the number of exchanges that one good code may have
 * under way at once.
 */
export const PAIRING_ATTEMPTS_WITH_CODE: Allowance = { points: PAIRING_USES.max + 10, windowSeconds: 600 };

/** The options of {@link Pairing}. */
export interface PairingOptions {
  readonly store: PairingPort;
  /** Counts attempts by the sender's network, see {@link PAIRING_ATTEMPTS_OF_ADDRESS}. */
  readonly addresses: SharedLimit;
  /** Counts attempts by the code's hash, see {@link PAIRING_ATTEMPTS_WITH_CODE}. */
  readonly codes: SharedLimit;
  readonly refusals: Pick<RefusalAudit, 'pairing'>;
  readonly log: Logger;
}

/** Who revokes the credential of a pairing that failed, for the audit log. */
const SYSTEM: Requester = { actor: 'system' };

const REFUSED: PairingOutcome = { kind: 'refused' };

/** Makes pairing tokens and exchanges them for session tokens (docs/adr/0011, 03-identity §3.4). */
export class Pairing {
  readonly #store: PairingPort;
  readonly #refusals: Pick<RefusalAudit, 'pairing'>;
  readonly #log: Logger;
  readonly #addresses: SharedLimit;
  readonly #codes: SharedLimit;

  constructor({ store, addresses, codes, refusals, log }: PairingOptions) {
    this.#store = store;
    this.#refusals = refusals;
    this.#log = log;
    this.#addresses = addresses;
    this.#codes = codes;
  }

  /**
   * Makes a pairing token. Rejects with the store's error, such as ERR_STORE_LIMIT.
   * @throws RangeError `ttlSeconds` or `uses` is out of bounds
   */
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
   * Exchanges a pairing token for the session token of a new device. Rejects with the store's error; then no valid session
   * token has left this process.
   */
  async exchange({ token, device, ...by }: PairingAttempt): Promise<PairingOutcome> {
    const { remoteAddr } = by;
    const hash = hashPresented(token);
    // Each attempt is counted before the store is asked, so that attempts at one time are as limited as attempts one after
    // the other. An address over its limit does not count against a code, and takes no memory for counts of codes.
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
      // An attempt that the store did not answer has guessed nothing, and its device tries again.
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

  /** Undefined: the user who made the pairing token does not exist any more. */
  async #mintPending(offer: PairingOffer, device: PairedDevice): Promise<PendingDevice | undefined> {
    const { owner, tokenId } = offer;
    try {
      return await this.#store.mintPending(owner, tokenId, device);
    } catch (error) {
      if (error instanceof StoreError && error.code === 'ERR_STORE_CONFLICT') return undefined;
      throw error;
    }
  }

  /** Makes the session token valid. If that fails, or its outcome is unknown, the token is revoked and never told. */
  async #complete(offer: PairingOffer, minted: PendingDevice, by: Requester): Promise<boolean> {
    let completed = false;
    try {
      completed = await this.#store.completePairing(offer.owner, offer.tokenId, minted.credentialId, by);
    } finally {
      // A write whose answer was lost may have been done, so the credential is revoked then too.
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
