// This file opens the store of a location, in this process.
import { DEFAULT_DATABASE_POOL } from '../config/types.js';
import { admissionCalls, refusalCalls } from './calls/admission.js';
import { attemptCalls } from './calls/attempts.js';
import { auditCalls } from './calls/audit.js';
import { changeCalls } from './calls/changes.js';
import type { StoreContext } from './calls/context.js';
import { deviceAdminCalls } from './calls/device-admin.js';
import { deviceCalls } from './calls/devices.js';
import { nodeCalls } from './calls/nodes.js';
import { pairingCalls } from './calls/pairing.js';
import { cookieKeyCalls, signInCalls, userCalls } from './calls/sign-ins.js';
import { sweepCalls } from './calls/sweep.js';
import type { Engine } from './engine/engine.js';
import { run, type Transaction } from './engine/engine.js';
import type { StoreLocation } from './location.js';
import { type MigrateOptions, migrate, migrateFilled } from './migrations/migrate.js';
import { MIGRATIONS } from './migrations/migrations.js';
import { NO_DATA, OTHER_DATA } from './ports/errors.js';
import type { WallClock } from './ports/ids.js';
import type { TimedStore } from './ports/store.js';
import { databaseAt } from './postgres/postgres.js';
import { openPostgres, POSTGRES } from './postgres/postgres-engine.js';
import { databaseFile, type IfMissing } from './sqlite/sqlite.js';
import { openSqlite, SQLITE } from './sqlite/sqlite-engine.js';
import { type RowLimits, tablesOf } from './tables/tables.js';

/** Is called when a write has ended; with an error: the write failed. */
export type Wrote = (error: unknown) => void;

/** How to open a store. */
export interface StoreOptions extends StoreLocation, RowLimits {
  /**
   * The data was open before, in an earlier process: an embedded database that is missing or empty is not made anew, and
   * PostgreSQL is not asked at all, as it may be away.
   */
  readonly migrated?: boolean;
  /** What happens where the data is missing. Default: it is made. */
  readonly missing?: IfMissing;
  /** Is called when a write has ended. */
  readonly wrote?: Wrote;
  /** The wall clock. Default: the machine's. */
  readonly clock?: WallClock;
}

/**
 * Opens the store of a location, in this process. Several processes may have it open.
 * @throws StoreError with one sentence for the operator.
 */
export async function openStore(options: StoreOptions): Promise<TimedStore> {
  const { clock = Date.now, databaseUrl, wrote = () => {} } = options;
  const opened =
    databaseUrl === undefined ? sqliteAt(options, clock) : postgresAt(databaseUrl, options, clock);
  const engine = watched(await opened, wrote);
  return storeOver({ engine, clock, ...tablesOf(clock, options) });
}

async function sqliteAt({ dataDir, missing, migrated }: StoreOptions, clock: WallClock): Promise<Engine> {
  const engine = await openSqlite(dataDir, migrated ? 'fail' : missing);
  const options = { dialect: SQLITE, migrations: MIGRATIONS, database: databaseFile(dataDir), clock };
  await orClose(
    engine,
    migrated ? migrateFilled(engine, options, OTHER_DATA) : migrateNew(engine, options, missing),
  );
  return engine;
}

/** Migrates data that this process has not seen before. */
function migrateNew(engine: Engine, options: MigrateOptions, missing: IfMissing = 'make'): Promise<void> {
  return missing === 'make' ? migrate(engine, options) : migrateFilled(engine, options, NO_DATA);
}

async function postgresAt(url: string, options: StoreOptions, clock: WallClock): Promise<Engine> {
  const { databasePool: max = DEFAULT_DATABASE_POOL, migrated, missing } = options;
  if (!migrated) {
    const patient = openPostgres({ url, max: 1, patience: 'migration' });
    const database = databaseAt(url);
    const how = { dialect: POSTGRES, migrations: MIGRATIONS, database, clock };
    await orClose(patient, migrateNew(patient, how, missing));
    await patient.close();
  }
  return openPostgres({ url, max, patience: 'call' });
}

async function orClose(engine: Engine, migrating: Promise<void>): Promise<void> {
  try {
    await migrating;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** Wraps an engine so that `wrote` hears how each write ended. */
function watched(engine: Engine, wrote: Wrote): Engine {
  return {
    read: (work) => engine.read(work),
    write: (work) => {
      const writing = engine.write(work);
      writing.then(() => wrote(undefined), wrote);
      return writing;
    },
    time: () => engine.time(),
    close: () => engine.close(),
  };
}

/** Writes the same small row each time: a commit of it proves that the store takes writes. */
function* countTry(): Transaction<void> {
  yield* run(
    `INSERT INTO counters (name, value) VALUES ('tries', 1)
     ON CONFLICT (name) DO UPDATE SET value = counters.value + 1`,
  );
}

/** Puts all the ports on one engine. */
function storeOver(context: StoreContext): TimedStore {
  return {
    ...userCalls(context),
    ...deviceCalls(context),
    ...deviceAdminCalls(context),
    ...admissionCalls(context),
    ...signInCalls(context),
    ...cookieKeyCalls(context),
    ...pairingCalls(context),
    ...nodeCalls(context),
    ...attemptCalls(context),
    ...auditCalls(context),
    ...refusalCalls(context),
    ...changeCalls(context),
    ...sweepCalls(context),
    tryWrite: () => context.engine.write(() => countTry()),
    close: () => context.engine.close(),
  };
}
