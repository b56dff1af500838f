// This file makes all tables of a store.
import { IdSource, type WallClock } from '../ports/ids.js';
import { AttemptTable } from './attempts.js';
import { AuditTable } from './audit-log.js';
import { CHANGES_KEPT, ChangeTable } from './changes.js';
import { CookieKeyTable } from './cookie-keys.js';
import { CredentialTable } from './credentials.js';
import { DeviceEventTable, EVENTS_KEPT } from './device-events.js';
import { DEVICES_OF_USER, DeviceTable } from './devices.js';
import { NodeTable } from './nodes.js';
import { PairingTokenTable } from './pairing-tokens.js';
import { PendingDeviceTable } from './pending-devices.js';
import { SignInTable } from './sign-ins.js';
import { MAX_SPENT, SpentSignInTable } from './spent-sign-ins.js';
import { UserTable } from './users.js';

/** How many rows the tables may have, or keep. An absent limit is the table's default. */
export interface RowLimits {
  /** How many changes the feed keeps. */
  readonly changesKept?: number;
  /** The most devices that one user may pair. */
  readonly devicesOfUser?: number;
  /** How many events of one device are kept. */
  readonly eventsKept?: number;
  /** The most rows of sign-ins that came back from the provider. */
  readonly maxSpent?: number;
}

/** Every table, and how many devices a user may pair. */
export type Tables = ReturnType<typeof tablesOf>;

/** Makes all tables. @param clock the wall clock of their ids */
export function tablesOf(clock: WallClock, limits: RowLimits) {
  const { changesKept = CHANGES_KEPT, eventsKept = EVENTS_KEPT, maxSpent = MAX_SPENT } = limits;
  const { devicesOfUser = DEVICES_OF_USER } = limits;
  const ids = new IdSource(clock);
  return {
    devicesOfUser,
    users: new UserTable(ids),
    devices: new DeviceTable(ids),
    credentials: new CredentialTable(ids),
    events: new DeviceEventTable(ids, eventsKept),
    signIns: new SignInTable(ids),
    spentSignIns: new SpentSignInTable(maxSpent),
    pairingTokens: new PairingTokenTable(ids),
    pendingDevices: new PendingDeviceTable(ids),
    attempts: new AttemptTable(),
    nodes: new NodeTable(),
    cookieKeys: new CookieKeyTable(),
    changes: new ChangeTable(changesKept),
    audit: new AuditTable(ids),
  };
}
