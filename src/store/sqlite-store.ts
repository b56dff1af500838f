import { CHANGES_KEPT, ChangeLog } from './changes.js';
import { Credentials } from './credentials.js';
import { DeviceEvents, EVENTS_KEPT } from './device-events.js';
import { Devices } from './devices.js';
import { StoreError, storeError } from './errors.js';
import { GroupCommit } from './group-commit.js';
import {
  type ChangeSeq,
  type Clock,
  type CookieHash,
  type CredentialId,
  type DeviceId,
  hashToken,
  IdSource,
  newSessionToken,
  type PairingTokenId,
  type SessionToken,
  type SignInId,
  type TokenHash,
  type UserId,
} from './ids.js';
import { migrate } from './migrate.js';
import { MIGRATIONS } from './migrations.js';
import { PairingTokens } from './pairing-tokens.js';
import { PendingDevices } from './pending-devices.js';
import { MAX_PENDING, PendingSignIns } from './pending-sign-ins.js';
import type { DeviceEvent, DeviceOffline, DeviceUpdate } from './ports/devices.js';
import type {
  NewPairingToken,
  PairedDevice,
  PairingOffer,
  PairingToken,
  PendingDevice,
} from './ports/pairing.js';
import type { NewSignIn, PendingSignIn, SignIn, SignInSummary } from './ports/sign-ins.js';
import type {
  Admission,
  Changes,
  Device,
  Page,
  PageRequest,
  ProvisionedDevice,
  TimedStore,
} from './ports.js';
import { SignIns } from './sign-ins.js';
import { closeDatabase, type Database, databaseFile, openDatabase } from './sqlite.js';
import { Users } from './users.js';
import { checkCount, checkDeviceUpdate, checkNames, checkPairedDevice, checkUserKey } from './validate.js';

export interface StoreOptions {
  readonly dataDir: string;
  /** Wall clock; the time of the machine, if absent. */
  readonly clock?: Clock;
  /** How many changes the feed keeps. */
  readonly changesKept?: number;
  /** How many events of one device are kept. */
  readonly eventsKept?: number;
  /** How many browsers may be on their way to the provider. */
  readonly maxPending?: number;
}

type Limits = Required<Omit<StoreOptions, 'dataDir'>>;

/**
 * Opens the embedded store of a data directory, in this process. Several processes may have it open.
 * @throws StoreError with one sentence for the operator.
 */
export async function openStore(options: StoreOptions): Promise<TimedStore> {
  const { dataDir, clock = Date.now } = options;
  const { changesKept = CHANGES_KEPT, eventsKept = EVENTS_KEPT, maxPending = MAX_PENDING } = options;
  const file = databaseFile(dataDir);
  const db = await openDatabase(dataDir);
  try {
    migrate(db, MIGRATIONS, file, clock);
    return new SqliteStore(db, file, { clock, changesKept, eventsKept, maxPending });
  } catch (error) {
    db.close();
    throw storeError(error, file);
  }
}

/**
 * The ports over one SQLite connection. Statements are synchronous and a transaction never spans a turn of the
 * loop, so a read sees committed data only.
 */
class SqliteStore implements TimedStore {
  readonly #db: Database;
  readonly #file: string;
  readonly #clock: Clock;
  readonly #commit: GroupCommit;
  readonly #users: Users;
  readonly #devices: Devices;
  readonly #credentials: Credentials;
  readonly #events: DeviceEvents;
  readonly #signIns: SignIns;
  readonly #pendingSignIns: PendingSignIns;
  readonly #pairingTokens: PairingTokens;
  readonly #pendingDevices: PendingDevices;
  readonly #changes: ChangeLog;

  constructor(db: Database, file: string, { clock, changesKept, eventsKept, maxPending }: Limits) {
    const ids = new IdSource(clock);
    this.#db = db;
    this.#file = file;
    this.#clock = clock;
    this.#commit = new GroupCommit(db, {
      mapError: (error) => storeError(error, file),
      now: () => performance.now(),
    });
    this.#users = new Users(db, ids, clock);
    this.#devices = new Devices(db, ids);
    this.#credentials = new Credentials(db, ids);
    this.#events = new DeviceEvents(db, ids, eventsKept);
    this.#signIns = new SignIns(db, ids);
    this.#pendingSignIns = new PendingSignIns(db, ids, maxPending);
    this.#pairingTokens = new PairingTokens(db, ids);
    this.#pendingDevices = new PendingDevices(db, ids);
    this.#changes = new ChangeLog(db, changesKept);
  }

  async ensureUser(issuer: string, subject: string): Promise<UserId> {
    checkUserKey(issuer, subject);
    return this.#commit.write(() => this.#users.ensure(issuer, subject));
  }

  async findUser(issuer: string, subject: string): Promise<UserId | undefined> {
    return this.#read(() => this.#users.find(issuer, subject));
  }

  async provision(owner: UserId, names: readonly string[], expiresAt?: number): Promise<ProvisionedDevice[]> {
    checkNames(names);
    return this.#commit.write(() => names.map((name) => this.#addDevice(owner, name, expiresAt)));
  }

  async listDevices(owner: UserId, page: PageRequest): Promise<Page<Device>> {
    checkCount('devices a page', page.limit);
    return this.#read(() => this.#devices.list(owner, page));
  }

  async findDevice(owner: UserId, device: DeviceId): Promise<Device | undefined> {
    return this.#read(() => this.#devices.find(owner, device));
  }

  async revokeDevice(owner: UserId, device: DeviceId): Promise<boolean> {
    return this.#commit.write(() => {
      const now = this.#clock();
      if (!this.#devices.revoke(owner, device, now)) return false;
      this.#credentials.revokeAll(owner, device, now);
      this.#changes.append(owner, 'device-revoked', device, now);
      return true;
    });
  }

  async updateDevice(owner: UserId, device: DeviceId, update: DeviceUpdate): Promise<boolean> {
    checkDeviceUpdate(update);
    return this.#commit.write(() => {
      if (!this.#devices.update(owner, device, update)) return false;
      const now = this.#clock();
      if (update.name !== undefined) this.#events.add(owner, device, 'renamed', now);
      if (update.labels !== undefined) this.#events.add(owner, device, 'labelled', now);
      return true;
    });
  }

  async rotateCredential(owner: UserId, device: DeviceId): Promise<SessionToken | undefined> {
    return this.#commit.write(() => {
      if (!this.#devices.isLive(owner, device)) return undefined;
      const now = this.#clock();
      const sessionToken = newSessionToken();
      for (const old of this.#credentials.revokeAll(owner, device, now)) {
        this.#changes.append(owner, 'credential-revoked', device, now, old);
      }
      this.#credentials.add(owner, device, hashToken(sessionToken), now, undefined);
      this.#events.add(owner, device, 'credential-rotated', now);
      return sessionToken;
    });
  }

  async deviceEvents(
    owner: UserId,
    device: DeviceId,
    page: PageRequest<string>,
  ): Promise<Page<DeviceEvent, string>> {
    checkCount('events a page', page.limit);
    return this.#read(() => this.#events.list(owner, device, page));
  }

  async recordOffline(devices: readonly DeviceOffline[]): Promise<void> {
    checkCount('events to record', devices.length);
    return this.#commit.write(() => {
      const now = this.#clock();
      for (const { userId, deviceId } of devices) this.#events.add(userId, deviceId, 'offline', now);
    });
  }

  async listAllDevices(page: PageRequest): Promise<Page<Device & { readonly subject: string }>> {
    checkCount('devices a page', page.limit);
    return this.#read(() => this.#devices.listAll(page));
  }

  async ownerOf(device: DeviceId): Promise<UserId | undefined> {
    return this.#read(() => this.#devices.ownerOf(device));
  }

  async connect(token: TokenHash): Promise<Admission | undefined> {
    return this.#commit.write(() => {
      const now = this.#clock();
      const admission = this.#credentials.admit(token, now);
      if (admission !== undefined) this.#events.add(admission.userId, admission.deviceId, 'online', now);
      return admission;
    });
  }

  async activeCredentials(ids: readonly CredentialId[]): Promise<CredentialId[]> {
    checkCount('credentials to check', ids.length);
    const now = this.#clock();
    return this.#read(() => ids.filter((id) => this.#credentials.isActive(id, now)));
  }

  async addPendingSignIn(browser: CookieHash, pending: PendingSignIn): Promise<'added' | 'full'> {
    return this.#commit.write(() => this.#pendingSignIns.add(browser, pending, this.#clock()));
  }

  async takePendingSignIn(browser: CookieHash, stateHash: string): Promise<string | undefined> {
    return this.#commit.write(() => this.#pendingSignIns.take(browser, stateHash, this.#clock()));
  }

  async beginSignIn(owner: UserId, signIn: NewSignIn, replaces?: CookieHash): Promise<SignInId> {
    return this.#commit.write(() => {
      const now = this.#clock();
      const replaced = replaces && this.#signIns.endOfCookie(replaces);
      if (replaced) this.#changes.append(replaced.owner, 'sign-in-ended', replaced.id, now);
      return this.#signIns.begin(owner, signIn, now);
    });
  }

  async findSignIn(cookie: CookieHash): Promise<SignIn | undefined> {
    const found = this.#read(() => this.#signIns.find(cookie));
    if (found === undefined || found.endsAt > this.#clock()) return found?.signIn;
    // Found dead once, it is dead for good, also if the clock steps back; what it holds open is closed.
    await this.#endSignIn(found.signIn.userId, found.signIn.signInId);
    return undefined;
  }

  async touchSignIn(owner: UserId, signIn: SignInId): Promise<void> {
    return this.#commit.write(() => this.#signIns.touch(owner, signIn, this.#clock()));
  }

  async claimRefresh(owner: UserId, signIn: SignInId, forMs: number): Promise<boolean> {
    const now = this.#clock();
    return this.#commit.write(() => this.#signIns.claim(owner, signIn, now, now + forMs));
  }

  async resealSignIn(owner: UserId, signIn: SignInId, sealed: string): Promise<boolean> {
    return this.#commit.write(() => this.#signIns.reseal(owner, signIn, sealed, this.#clock()));
  }

  async listSignIns(owner: UserId, page: PageRequest<SignInId>): Promise<Page<SignInSummary, SignInId>> {
    checkCount('sign-ins a page', page.limit);
    return this.#read(() => this.#signIns.list(owner, page, this.#clock()));
  }

  async endSignIn(owner: UserId, signIn: SignInId): Promise<boolean> {
    return (await this.#endSignIn(owner, signIn)) === 'alive';
  }

  async addPairingToken(owner: UserId, token: NewPairingToken): Promise<PairingTokenId> {
    if (token.name !== undefined) checkNames([token.name]);
    return this.#commit.write(() => this.#pairingTokens.add(owner, token, this.#clock()));
  }

  async listPairingTokens(
    owner: UserId,
    page: PageRequest<PairingTokenId>,
  ): Promise<Page<PairingToken, PairingTokenId>> {
    checkCount('pairing tokens a page', page.limit);
    return this.#read(() => this.#pairingTokens.list(owner, page, this.#clock()));
  }

  async revokePairingToken(owner: UserId, token: PairingTokenId): Promise<boolean> {
    return this.#commit.write(() => this.#pairingTokens.revoke(owner, token, this.#clock()));
  }

  async findPairing(hash: TokenHash): Promise<PairingOffer | undefined> {
    return this.#read(() => this.#pairingTokens.find(hash, this.#clock()));
  }

  async mintPending(owner: UserId, token: PairingTokenId, device: PairedDevice): Promise<PendingDevice> {
    checkPairedDevice(device);
    return this.#commit.write(() => {
      const sessionToken = newSessionToken();
      const hash = hashToken(sessionToken);
      return { ...this.#pendingDevices.add(owner, token, hash, device, this.#clock()), sessionToken };
    });
  }

  async completePairing(owner: UserId, token: PairingTokenId, credential: CredentialId): Promise<boolean> {
    return this.#commit.write(() => {
      const now = this.#clock();
      const pending = this.#pendingDevices.find(owner, token, credential);
      if (pending === undefined || !this.#pairingTokens.use(owner, token, pending.deviceId, now))
        return false;
      this.#devices.addPaired(owner, pending, now);
      this.#credentials.addPaired(owner, pending, now);
      this.#pendingDevices.dropAll(token);
      this.#events.add(owner, pending.deviceId, 'paired', now);
      return true;
    });
  }

  async revokeCredential(owner: UserId, credential: CredentialId): Promise<boolean> {
    return this.#commit.write(() => {
      if (this.#pendingDevices.drop(owner, credential)) return true;
      const now = this.#clock();
      const device = this.#credentials.revoke(owner, credential, now);
      if (device === undefined) return false;
      this.#changes.append(owner, 'credential-revoked', device, now, credential);
      return true;
    });
  }

  async lastChange(): Promise<ChangeSeq> {
    return this.#read(() => this.#changes.last());
  }

  async changesSince(seq: ChangeSeq, limit: number): Promise<Changes> {
    checkCount('changes to read', limit);
    return this.#read(() => this.#changes.since(seq, limit));
  }

  async close(): Promise<void> {
    if (!this.#db.isOpen) return;
    this.#commit.close();
    try {
      closeDatabase(this.#db);
    } catch (error) {
      throw storeError(error, this.#file);
    }
  }

  #addDevice(owner: UserId, name: string, expiresAt: number | undefined): ProvisionedDevice {
    const now = this.#clock();
    const sessionToken = newSessionToken();
    const deviceId = this.#devices.add(owner, name, now);
    this.#credentials.add(owner, deviceId, hashToken(sessionToken), now, expiresAt);
    this.#events.add(owner, deviceId, 'added', now);
    return { deviceId, sessionToken };
  }

  async endOverdue(): Promise<void> {
    const now = this.#clock();
    if (!this.#read(() => this.#signIns.anyOver(now))) return;
    await this.#commit.write(() => {
      for (const { owner, id } of this.#signIns.prune(now)) {
        this.#changes.append(owner, 'sign-in-ended', id, now);
      }
    });
  }

  /** Writes the change if there was one. */
  #endSignIn(owner: UserId, signIn: SignInId): Promise<'alive' | 'over' | undefined> {
    return this.#commit.write(() => {
      const now = this.#clock();
      const was = this.#signIns.end(owner, signIn, now);
      if (was !== undefined) this.#changes.append(owner, 'sign-in-ended', signIn, now);
      return was;
    });
  }

  #read<Result>(work: () => Result): Result {
    if (!this.#db.isOpen) throw new StoreError('ERR_STORE_CLOSED', 'the store is closed');
    try {
      return work();
    } catch (error) {
      throw storeError(error, this.#file);
    }
  }
}
