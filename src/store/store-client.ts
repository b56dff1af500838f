import type { ActorRef } from '../actors/behaviour.js';
import { type Clock, systemClock } from '../actors/clock.js';
import { StoreError } from './errors.js';
import type {
  ChangeSeq,
  CookieHash,
  CredentialId,
  DeviceId,
  PairingTokenId,
  SignInId,
  TokenHash,
  UserId,
} from './ids.js';
import type { DeviceOffline, DeviceUpdate } from './ports/devices.js';
import type { NewPairingToken, PairedDevice } from './ports/pairing.js';
import type { NewSignIn, PendingSignIn } from './ports/sign-ins.js';
import type { Changes, PageRequest, Store } from './ports.js';
import { StoreCalls } from './store-calls.js';
import type { StoreAsks, StoreMessage } from './store-kind.js';

/** The ports, by asking a store actor; which one may change, as its process is restarted. */
export class StoreClient implements Store {
  readonly #calls: StoreCalls;
  readonly #listeners = new Set<(changes: Changes) => void>();
  #lastChange: ChangeSeq | undefined;
  #closed = false;

  constructor(clock: Clock = systemClock) {
    this.#calls = new StoreCalls(clock);
  }

  /** The last change heard of: where a new actor's feed has to begin. */
  get heardOf(): ChangeSeq | undefined {
    return this.#lastChange;
  }

  /** False while its process is being (re)started. */
  get isAvailable(): boolean {
    return this.#calls.isAttached;
  }

  /** Begins to ask `actor`; calls that wait for one go on. */
  attach(actor: ActorRef<StoreMessage, StoreAsks>): void {
    this.#calls.attach(actor);
  }

  /** Stops asking `actor`, because it has ended. */
  detach(actor: ActorRef<StoreMessage, StoreAsks>): void {
    this.#calls.detach(actor);
  }

  /**
   * Takes what the actor reports. Listeners hear of it in a later turn of the loop than the answers that came
   * before it: who awaited `connect` has seen the admission before hearing of its revocation.
   */
  report(changes: Changes): void {
    this.#lastChange = changes.last;
    if (changes.changes.length === 0 && !changes.missed) return;
    setImmediate(() => {
      for (const listener of this.#listeners) listener(changes);
    });
  }

  /** Calls `listener` with every change from now on, by whichever process. Returns the end of it. */
  onChanges(listener: (changes: Changes) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  ensureUser(issuer: string, subject: string) {
    return this.#ask('ensureUser', [issuer, subject]);
  }

  findUser(issuer: string, subject: string) {
    return this.#ask('findUser', [issuer, subject]);
  }

  provision(owner: UserId, names: readonly string[], expiresAt?: number) {
    return this.#ask('provision', [owner, names, expiresAt]);
  }

  listDevices(owner: UserId, page: PageRequest) {
    return this.#ask('listDevices', [owner, page]);
  }

  findDevice(owner: UserId, device: DeviceId) {
    return this.#ask('findDevice', [owner, device]);
  }

  revokeDevice(owner: UserId, device: DeviceId) {
    return this.#ask('revokeDevice', [owner, device]);
  }

  updateDevice(owner: UserId, device: DeviceId, update: DeviceUpdate) {
    return this.#ask('updateDevice', [owner, device, update]);
  }

  rotateCredential(owner: UserId, device: DeviceId) {
    return this.#ask('rotateCredential', [owner, device]);
  }

  deviceEvents(owner: UserId, device: DeviceId, page: PageRequest<string>) {
    return this.#ask('deviceEvents', [owner, device, page]);
  }

  recordOffline(devices: readonly DeviceOffline[]) {
    return this.#ask('recordOffline', [devices]);
  }

  listAllDevices(page: PageRequest) {
    return this.#ask('listAllDevices', [page]);
  }

  ownerOf(device: DeviceId) {
    return this.#ask('ownerOf', [device]);
  }

  connect(token: TokenHash) {
    return this.#ask('connect', [token]);
  }

  activeCredentials(ids: readonly CredentialId[]) {
    return this.#ask('activeCredentials', [ids]);
  }

  addPendingSignIn(browser: CookieHash, pending: PendingSignIn) {
    return this.#ask('addPendingSignIn', [browser, pending]);
  }

  takePendingSignIn(browser: CookieHash, stateHash: string) {
    return this.#ask('takePendingSignIn', [browser, stateHash]);
  }

  beginSignIn(owner: UserId, signIn: NewSignIn, replaces?: CookieHash) {
    return this.#ask('beginSignIn', [owner, signIn, replaces]);
  }

  findSignIn(cookie: CookieHash) {
    return this.#ask('findSignIn', [cookie]);
  }

  touchSignIn(owner: UserId, signIn: SignInId) {
    return this.#ask('touchSignIn', [owner, signIn]);
  }

  claimRefresh(owner: UserId, signIn: SignInId, forMs: number) {
    return this.#ask('claimRefresh', [owner, signIn, forMs]);
  }

  resealSignIn(owner: UserId, signIn: SignInId, sealed: string) {
    return this.#ask('resealSignIn', [owner, signIn, sealed]);
  }

  listSignIns(owner: UserId, page: PageRequest<SignInId>) {
    return this.#ask('listSignIns', [owner, page]);
  }

  endSignIn(owner: UserId, signIn: SignInId) {
    return this.#ask('endSignIn', [owner, signIn]);
  }

  addPairingToken(owner: UserId, token: NewPairingToken) {
    return this.#ask('addPairingToken', [owner, token]);
  }

  listPairingTokens(owner: UserId, page: PageRequest<PairingTokenId>) {
    return this.#ask('listPairingTokens', [owner, page]);
  }

  revokePairingToken(owner: UserId, token: PairingTokenId) {
    return this.#ask('revokePairingToken', [owner, token]);
  }

  findPairing(hash: TokenHash) {
    return this.#ask('findPairing', [hash]);
  }

  mintPending(owner: UserId, token: PairingTokenId, device: PairedDevice) {
    return this.#ask('mintPending', [owner, token, device]);
  }

  completePairing(owner: UserId, token: PairingTokenId, credential: CredentialId) {
    return this.#ask('completePairing', [owner, token, credential]);
  }

  revokeCredential(owner: UserId, credential: CredentialId) {
    return this.#ask('revokeCredential', [owner, credential]);
  }

  lastChange() {
    return this.#ask('lastChange', []);
  }

  changesSince(seq: ChangeSeq, limit: number) {
    return this.#ask('changesSince', [seq, limit]);
  }

  /** Waits for the answers to what was asked before. The actor and its process are their supervisor's to stop. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    await this.#calls.settled();
  }

  async #ask<Name extends keyof StoreAsks>(
    name: Name,
    request: StoreAsks[Name]['request'],
  ): Promise<StoreAsks[Name]['response']> {
    if (this.#closed) throw new StoreError('ERR_STORE_CLOSED', 'the store is closed');
    return this.#calls.ask(name, request);
  }
}
