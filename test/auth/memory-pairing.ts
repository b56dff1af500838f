import { randomUUID } from 'node:crypto';
import { StoreError, StoreUnavailableError } from '../../src/store/ports/errors.js';
import {
  type CredentialId,
  type DeviceId,
  hashToken,
  newSessionToken,
  type PairingTokenId,
  type TokenHash,
  type UserId,
} from '../../src/store/ports/ids.js';
import type { ListPage, PageRequest } from '../../src/store/ports/page.js';
import {
  MAX_LIVE_PAIRING_TOKENS,
  type NewPairingToken,
  type PairedDevice,
  type PairingOffer,
  type PairingPort,
  type PairingToken,
  type PendingDevice,
} from '../../src/store/ports/pairing.js';
import { MemoryAttempts } from './memory-attempts.js';

interface TokenRow extends NewPairingToken {
  readonly tokenId: PairingTokenId;
  readonly owner: UserId;
  readonly createdAt: number;
  readonly uses: number;
  used: number;
  state: 'pending' | 'used' | 'revoked';
  deviceId?: DeviceId;
}

interface CredentialRow {
  readonly credentialId: CredentialId;
  readonly tokenId: PairingTokenId;
  readonly owner: UserId;
  readonly deviceId: DeviceId;
  device: PairedDevice;
  readonly hash: TokenHash;
  state: 'pending' | 'valid' | 'revoked';
}

/** How a call goes wrong. `lost`: it was done, and its answer did not arrive. */
export type Fault = 'fails' | 'lost' | 'hangs';

/** Pairing in memory, on a clock of the test, with faults at any call. */
export class MemoryPairing extends MemoryAttempts implements PairingPort {
  /** Milliseconds since 1970. */
  now = Date.now();
  readonly tokens: TokenRow[] = [];
  readonly minted: CredentialRow[] = [];
  /** Names of the calls, in their order. */
  readonly calls: string[] = [];
  /** By the name of a call. */
  readonly faults = new Map<keyof PairingPort, Fault | Error>();
  /** Ends the calls that hang. */
  timeOut: (error: Error) => void = () => {};

  async addPairingToken(owner: UserId, token: NewPairingToken): Promise<PairingTokenId> {
    return this.#call('addPairingToken', () => {
      const live = this.tokens.filter((row) => row.owner === owner && this.#usable(row));
      if (live.length >= MAX_LIVE_PAIRING_TOKENS)
        throw new StoreError('ERR_STORE_LIMIT', 'you have too many pairing codes');
      const tokenId = `pair-${this.tokens.length + 10}` as PairingTokenId;
      this.tokens.push({ uses: 1, used: 0, ...token, tokenId, owner, createdAt: this.now, state: 'pending' });
      return tokenId;
    });
  }

  async listPairingTokens(
    owner: UserId,
    { limit, after }: PageRequest<PairingTokenId>,
  ): Promise<ListPage<PairingToken, PairingTokenId>> {
    return this.#call('listPairingTokens', () => {
      const own = this.tokens.filter((row) => row.owner === owner);
      const rest = own.slice(own.findIndex(({ tokenId }) => tokenId === after) + 1);
      const items = rest.slice(0, limit).map(({ hash: _, owner: __, ...row }) => ({
        ...row,
        state: row.state === 'pending' && row.expiresAt <= this.now ? ('expired' as const) : row.state,
      }));
      const last = items.at(-1);
      return rest.length > limit && last !== undefined ? { items, next: last.tokenId } : { items };
    });
  }

  async revokePairingToken(owner: UserId, id: PairingTokenId): Promise<boolean> {
    return this.#call('revokePairingToken', () => {
      const row = this.tokens.find(({ tokenId }) => tokenId === id);
      if (row?.owner !== owner || !this.#usable(row)) return false;
      row.state = 'revoked';
      return true;
    });
  }

  async findPairing(hash: TokenHash): Promise<PairingOffer | undefined> {
    return this.#call('findPairing', () => {
      const row = this.tokens.find((each) => each.hash === hash && this.#usable(each));
      if (row === undefined) return undefined;
      const { tokenId, owner } = row;
      return { tokenId, owner };
    });
  }

  async mintPending(owner: UserId, tokenId: PairingTokenId, device: PairedDevice): Promise<PendingDevice> {
    return this.#call('mintPending', () => {
      const sessionToken = newSessionToken();
      const deviceId = randomUUID() as string as DeviceId;
      const credentialId = randomUUID() as string as CredentialId;
      const hash = hashToken(sessionToken);
      this.minted.push({ credentialId, tokenId, owner, deviceId, device, hash, state: 'pending' });
      return { deviceId, credentialId, sessionToken };
    });
  }

  async completePairing(owner: UserId, id: PairingTokenId, credential: CredentialId): Promise<boolean> {
    return this.#call('completePairing', () => {
      const token = this.tokens.find(({ tokenId }) => tokenId === id);
      const minted = this.minted.find(({ credentialId }) => credentialId === credential);
      if (token?.owner !== owner || !this.#usable(token)) return false;
      if (minted?.tokenId !== id || minted.state !== 'pending') return false;
      token.used += 1;
      if (token.used === token.uses) token.state = 'used';
      const { name = minted.device.name, uses, used } = token;
      minted.device = { ...minted.device, name: token.name && uses > 1 ? `${name} ${used}` : name };
      token.deviceId = minted.deviceId;
      minted.state = 'valid';
      return true;
    });
  }

  async revokeCredential(owner: UserId, id: CredentialId): Promise<boolean> {
    return this.#call('revokeCredential', () => {
      const row = this.minted.find(({ credentialId }) => credentialId === id);
      if (row?.owner !== owner || row.state === 'revoked') return false;
      row.state = 'revoked';
      return true;
    });
  }

  /** Whether a session token opens a tunnel. */
  opens(token: string): boolean {
    return this.minted.some(({ hash, state }) => hash === hashToken(token) && state === 'valid');
  }

  protected called(name: string): void {
    this.calls.push(name);
  }

  #usable(row: TokenRow): boolean {
    return row.state === 'pending' && row.expiresAt > this.now;
  }

  async #call<Result>(name: keyof PairingPort, work: () => Result): Promise<Result> {
    this.called(name);
    // Nobody is answered in the turn of the asking, as with the real one.
    await new Promise(setImmediate);
    const fault = this.faults.get(name);
    if (fault instanceof Error) throw fault;
    if (fault === 'fails') throw new StoreUnavailableError('it fails');
    const result = work();
    if (fault === 'lost') throw new StoreUnavailableError('its answer was lost');
    if (fault === 'hangs') {
      return new Promise((_, reject) => {
        this.timeOut = reject;
      });
    }
    return result;
  }
}
