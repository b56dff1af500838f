import { admissionCalls } from './calls/admission.js';
import { auditCalls } from './calls/audit.js';
import { changeCalls } from './calls/changes.js';
import { deviceCareCalls } from './calls/device-care.js';
import { deviceCalls } from './calls/devices.js';
import { nodeCalls } from './calls/nodes.js';
import { pairingCalls } from './calls/pairing.js';
import type { Parts } from './calls/parts.js';
import { refusalCalls } from './calls/refusals.js';
import { sessionKeyCalls } from './calls/session-keys.js';
import { signInCalls } from './calls/sign-ins.js';
import { sweepCalls } from './calls/sweep.js';
import { userCalls } from './calls/users.js';
import type { Engine } from './engine.js';
import type { Clock } from './ids.js';
import { type MigrateOptions, migrate } from './migrate.js';
import { MIGRATIONS } from './migrations.js';
import type { TimedStore } from './ports.js';
import { databaseAt } from './postgres.js';
import { openPostgres, POSTGRES } from './postgres-engine.js';
import { databaseFile, type IfMissing } from './sqlite.js';
import { openSqlite, SQLITE } from './sqlite-engine.js';
import { type RowLimits, tablesOf } from './tables/tables.js';

/** Where the data is. */
export interface StorePlace {
  /** Of the embedded store. */
  readonly dataDir: string;
  /** A `postgres://` URL: the data is there instead. A secret, as it may hold a password. */
  readonly databaseUrl?: string;
}

export interface StoreOptions extends StorePlace, RowLimits {
  /** The data is there and of this version: it is opened without a look, even if the database is away, and not made anew. */
  readonly migrated?: boolean;
  /** Of an embedded database; it is made, if absent. */
  readonly missing?: IfMissing;
  /** Wall clock; the time of the machine, if absent. */
  readonly clock?: Clock;
}

/**
 * Opens the store of a place, in this process. Several processes may have it open.
 * @throws StoreError with one sentence for the operator.
 */
export async function openStore(options: StoreOptions): Promise<TimedStore> {
  const { clock = Date.now } = options;
  const engine = options.migrated ? await engineAt(options, 'fail') : await migratedEngine(options, clock);
  return storeOver({ engine, clock, ...tablesOf(clock, options) });
}

async function engineAt({ dataDir, databaseUrl }: StorePlace, missing: IfMissing): Promise<Engine> {
  return databaseUrl === undefined ? openSqlite(dataDir, missing) : openPostgres(databaseUrl, 'call');
}

/** The engine, with its data of the version that this software knows. */
async function migratedEngine(
  { dataDir, databaseUrl, missing }: StoreOptions,
  clock: Clock,
): Promise<Engine> {
  if (databaseUrl !== undefined) {
    const patient = openPostgres(databaseUrl, 'migration');
    await migrateOrClose(patient, { dialect: POSTGRES, place: databaseAt(databaseUrl), clock });
    await patient.close();
    return openPostgres(databaseUrl, 'call');
  }
  const engine = await openSqlite(dataDir, missing);
  await migrateOrClose(engine, { dialect: SQLITE, place: databaseFile(dataDir), clock });
  return engine;
}

async function migrateOrClose(engine: Engine, options: Omit<MigrateOptions, 'migrations'>): Promise<void> {
  try {
    await migrate(engine, { ...options, migrations: MIGRATIONS });
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** All the ports over one engine. */
function storeOver(parts: Parts): TimedStore {
  return {
    ...userCalls(parts),
    ...deviceCalls(parts),
    ...deviceCareCalls(parts),
    ...admissionCalls(parts),
    ...signInCalls(parts),
    ...sessionKeyCalls(parts),
    ...pairingCalls(parts),
    ...nodeCalls(parts),
    ...auditCalls(parts),
    ...refusalCalls(parts),
    ...changeCalls(parts),
    ...sweepCalls(parts),
    close: () => parts.engine.close(),
  };
}
