import { admissionCalls } from './calls/admission.js';
import { auditCalls } from './calls/audit.js';
import { changeCalls } from './calls/changes.js';
import { deviceCareCalls } from './calls/device-care.js';
import { deviceCalls } from './calls/devices.js';
import { pairingCalls } from './calls/pairing.js';
import type { Parts } from './calls/parts.js';
import { signInCalls } from './calls/sign-ins.js';
import { userCalls } from './calls/users.js';
import type { Clock } from './ids.js';
import { migrate } from './migrate.js';
import { MIGRATIONS } from './migrations.js';
import type { TimedStore } from './ports.js';
import { databaseFile } from './sqlite.js';
import { openSqlite, SQLITE } from './sqlite-engine.js';
import { type RowLimits, tablesOf } from './tables/tables.js';

export interface StoreOptions extends RowLimits {
  readonly dataDir: string;
  /** Wall clock; the time of the machine, if absent. */
  readonly clock?: Clock;
}

/**
 * Opens the embedded store of a data directory, in this process. Several processes may have it open.
 * @throws StoreError with one sentence for the operator.
 */
export async function openStore(options: StoreOptions): Promise<TimedStore> {
  const { dataDir, clock = Date.now } = options;
  const engine = await openSqlite(dataDir);
  try {
    await migrate(engine, { dialect: SQLITE, migrations: MIGRATIONS, place: databaseFile(dataDir), clock });
  } catch (error) {
    await engine.close();
    throw error;
  }
  return storeOver({ engine, clock, ...tablesOf(clock, options) });
}

/** All the ports over one engine. */
function storeOver(parts: Parts): TimedStore {
  return {
    ...userCalls(parts),
    ...deviceCalls(parts),
    ...deviceCareCalls(parts),
    ...admissionCalls(parts),
    ...signInCalls(parts),
    ...pairingCalls(parts),
    ...auditCalls(parts),
    ...changeCalls(parts),
    close: () => parts.engine.close(),
  };
}
