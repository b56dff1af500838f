// TestStore is the product's own store for tests: SQLite in this process, with a test's clock, and with faults at any call.
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RemoteStore } from '../../src/store/client/remote-store.js';
import type { StoreClient } from '../../src/store/client/store-client.js';
import { openStore } from '../../src/store/open-store.js';
import type { Changes } from '../../src/store/ports/changes.js';
import type { Device, DeviceEvent } from '../../src/store/ports/devices.js';
import { StoreUnavailableError } from '../../src/store/ports/errors.js';
import { type DeviceId, hashToken, type SignInId, type UserId } from '../../src/store/ports/ids.js';
import type { PairedDevice } from '../../src/store/ports/pairing.js';
import type { TimedStore } from '../../src/store/ports/store.js';
import { type Database, databaseFile, openDatabase } from '../../src/store/sqlite/sqlite.js';
import type { CallName, Ports } from '../../src/store/wire/call-policies.js';

/**
 * How a call goes wrong. `fails`: the call is not done. `lost`: the call is done, and its answer does not arrive. `hangs`: the
 * call is done, and answered only when the test rejects it in {@link TestStore.hanging}. An error: the call is not done, and
 * rejects with that error.
 */
export type Fault = 'fails' | 'lost' | 'hangs' | Error;

/** The fault of a store that cannot be reached. */
export const AWAY = new StoreUnavailableError('a test says so');

/** A device with its credential, as pairing made them. */
interface Minted {
  readonly state: 'pending' | 'valid' | 'revoked';
  readonly owner: UserId;
  readonly deviceId: DeviceId;
  readonly device: PairedDevice;
}

/**
 * The SQLite store of a directory of its own. Each call is recorded; it goes wrong if the test says so, and else the real store
 * does it. Data that the ports do not show is read and written as rows, over a second connection.
 */
export class TestStore extends RemoteStore {
  /** The store's wall clock, which stands still: milliseconds since 1970. */
  now = Date.now();
  /** The names of the calls so far, in order. */
  readonly calls: CallName[] = [];
  /** The error with which every call rejects; undefined: none does. */
  fault: Error | undefined;
  /** The faults of calls, by the call's name. */
  readonly faults = new Map<CallName, Fault>();
  /** Functions that run before a call of a name; a call rejects with the error that its function throws. */
  readonly before = new Map<CallName, (...args: readonly unknown[]) => unknown>();
  /** The calls that hang; a test rejects them here. */
  readonly hanging: ((error: Error) => void)[] = [];
  readonly #listeners = new Set<(changes: Changes) => void>();
  readonly #dataDir: string;
  #store: TimedStore | undefined;
  #rows: Database | undefined;

  private constructor(dataDir: string) {
    super();
    this.#dataDir = dataDir;
  }

  /** The names of the calls, without those that only count attempts. */
  get callsButAttempts(): CallName[] {
    return this.calls.filter((name) => name !== 'countAttempt' && name !== 'forgiveAttempt');
  }

  static async open(): Promise<TestStore> {
    const store = new TestStore(await emptyDataDir());
    store.#store = await openStore({ dataDir: store.#dataDir, clock: () => store.now, migrated: true });
    store.#rows = await openDatabase(store.#dataDir);
    store.#rows.exec('PRAGMA synchronous = OFF');
    return store;
  }

  async close(): Promise<void> {
    this.#rows?.close();
    await this.#store?.close();
    await rm(this.#dataDir, { recursive: true });
  }

  protected override async ask<Name extends CallName>(
    name: Name,
    args: Parameters<Ports[Name]>,
  ): Promise<Awaited<ReturnType<Ports[Name]>>> {
    this.calls.push(name);
    // The answer comes in a later turn of the loop, as from a store in a process of its own.
    await new Promise(setImmediate);
    await this.before.get(name)?.(...args);
    const fault = this.fault ?? this.faults.get(name);
    if (fault instanceof Error) throw fault;
    if (fault === 'fails') throw new StoreUnavailableError('it fails');
    const call = this.#store?.[name] as (...args: unknown[]) => Promise<Awaited<ReturnType<Ports[Name]>>>;
    const result = await call(...args);
    if (fault === 'lost') throw new StoreUnavailableError('its answer was lost');
    if (fault === 'hangs') await new Promise((_, reject) => this.hanging.push(reject));
    return result;
  }

  /** The part of the store that does not work now. */
  readonly missing: StoreClient['missing'] = {};

  onChanges(listener: (changes: Changes) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ignores listeners, because a store in this process reports no state. */
  onState(): void {}

  /**
   * Reports to listeners that a session ended, as if another process ended it.
   * @param signInId absent: any session may have ended
   */
  report(signInId?: SignInId): void {
    const changes = signInId === undefined ? [] : [{ kind: 'sign-in-ended', signInId }];
    const told = { changes, last: 1, missed: signInId === undefined } as unknown as Changes;
    for (const listener of this.#listeners) listener(told);
  }

  /** Runs one statement. @returns its rows */
  sql<Row = unknown>(text: string, ...params: (string | number | null)[]): Row[] {
    return (this.#rows as Database).prepare(text).all(...params) as Row[];
  }

  /** Reads all rows of a table, oldest first. */
  rows<Row = unknown>(table: string): Row[] {
    return this.sql(`SELECT * FROM ${table} ORDER BY rowid`);
  }

  count(table: string): number {
    return this.rows(table).length;
  }

  /** Adds a user with an id of the test's choice. */
  addUser(id: UserId): void {
    this.sql("INSERT OR IGNORE INTO users VALUES (?, 'https://id.test', ?, 0)", id, id);
  }

  /** Adds a device with an id of the test's choice, and its owner if there is none yet. */
  addDevice(owner: UserId, id: string, over: Partial<Device> = {}): void {
    this.addUser(owner);
    const { name = `name of ${id}`, model = null, serial = null, labels = {}, createdAt = 0 } = over;
    const { lastConnectedAt = null, revokedAt = null } = over;
    this.sql(
      `INSERT INTO devices (id, user_id, name, model, serial, labels, created_at, last_connected_at, revoked_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      owner,
      name,
      model,
      serial,
      JSON.stringify(labels),
      createdAt,
      lastConnectedAt,
      revokedAt,
    );
  }

  /** Adds a session token of the test's choice, which is also the credential's id, and the device if there is none yet. */
  addCredential(owner: UserId, device: string, token: string): void {
    if (this.sql('SELECT id FROM devices WHERE id = ?', device).length === 0) this.addDevice(owner, device);
    this.sql(
      `INSERT OR IGNORE INTO device_credentials (id, user_id, device_id, token_hash, created_at)
       VALUES (?, ?, ?, ?, 0)`,
      token,
      owner,
      device,
      hashToken(token),
    );
  }

  addEvent(owner: UserId, device: string, { eventId, kind, at }: DeviceEvent): void {
    this.sql('INSERT INTO device_events VALUES (?, ?, ?, ?, ?)', eventId, owner, device, kind, at);
  }

  /** Adds a session with an id of the test's choice, whose cookie nobody has. */
  addSignIn(owner: UserId, id: string): void {
    this.addUser(owner);
    const endsAt = this.now + 60_000;
    this.sql(
      `INSERT INTO sign_ins (id, user_id, cookie_hash, sealed, created_at, last_used_at, expires_at, idle_ms, ends_at)
       VALUES (?, ?, ?, '', ?, ?, ?, 60000, ?)`,
      id,
      owner,
      `cookie of ${id}`,
      this.now,
      this.now,
      endsAt,
      endsAt,
    );
  }

  /** Ends every session behind the product's back: there is no change that tells of it. */
  dropSignIns(): void {
    this.sql('DELETE FROM sign_ins');
  }

  /** The devices that pairing has made, pending ones first; a pending one that was deleted is not among them. */
  minted(): Minted[] {
    const rows = this.sql<Record<'state' | 'user_id' | 'id' | 'name' | 'model' | 'serial', string | null>>(
      `SELECT 'pending' AS state, user_id, device_id AS id, name, model, serial FROM pending_devices
       UNION ALL
       SELECT CASE WHEN c.revoked_at IS NULL THEN 'valid' ELSE 'revoked' END, d.user_id, d.id, d.name, d.model, d.serial
       FROM (SELECT * FROM device_credentials ORDER BY id) c JOIN devices d ON d.id = c.device_id`,
    );
    return rows.map(({ state, user_id: owner, id: deviceId, name, model, serial }) => {
      const device = { name, ...(model !== null && { model }), ...(serial !== null && { serial }) };
      return { state, owner, deviceId, device } as Minted;
    });
  }
}

/**
 * The directory of all stores of this process. It is in memory if the system has such a place, because commits wait for the disk.
 */
let root: string | undefined;

function rootDir(): string {
  if (root !== undefined) return root;
  const made = mkdtempSync(join(memoryDir(), 'visiona-test-store-'));
  process.on('exit', () => rmSync(made, { recursive: true, force: true }));
  root = made;
  return made;
}

function memoryDir(): string {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}

/** A database with all migrations and no rows. Each store begins with a copy of it, which is faster than the migrations. */
let empty: Promise<string> | undefined;

async function makeEmpty(): Promise<string> {
  const dataDir = await mkdtemp(join(rootDir(), 'empty-'));
  await (await openStore({ dataDir })).close();
  return databaseFile(dataDir);
}

async function emptyDataDir(): Promise<string> {
  empty ??= makeEmpty();
  const file = await empty;
  const dataDir = await mkdtemp(join(rootDir(), 'store-'));
  await copyFile(file, databaseFile(dataDir));
  return dataDir;
}
