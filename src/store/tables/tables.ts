import { IdSource, type WallClock } from '../ports/ids.js';
import { Attempts } from './attempts.js';
import { AuditLog } from './audit-log.js';
import { CHANGES_KEPT, ChangeLog } from './changes.js';
import { CredentialTable } from './credentials.js';
import { DeviceEvents, EVENTS_KEPT } from './device-events.js';
import { DEVICES_OF_USER, DeviceTable } from './devices.js';
import { Nodes } from './nodes.js';
import { PairingTokens } from './pairing-tokens.js';
import { PendingDevices } from './pending-devices.js';
import { SessionKeyIds } from './session-keys.js';
import { SignIns } from './sign-ins.js';
import { MAX_SPENT, SpentSignIns } from './spent-sign-ins.js';
import { Users } from './users.js';

/** How many rows there may be, or are kept. */
export interface RowLimits {
  /** Changes in the feed. */
  readonly changesKept?: number;
  /** Devices of one user, where the user pairs them. */
  readonly devicesOfUser?: number;
  /** Events of one device. */
  readonly eventsKept?: number;
  /** Sign-ins that came back from the provider. */
  readonly maxSpent?: number;
}

/** The rows of every table, and how many there may be. */
export type Tables = ReturnType<typeof tablesOf>;

export function tablesOf(clock: WallClock, limits: RowLimits) {
  const { changesKept = CHANGES_KEPT, eventsKept = EVENTS_KEPT, maxSpent = MAX_SPENT } = limits;
  const { devicesOfUser = DEVICES_OF_USER } = limits;
  const ids = new IdSource(clock);
  return {
    devicesOfUser,
    users: new Users(ids),
    devices: new DeviceTable(ids),
    credentials: new CredentialTable(ids),
    events: new DeviceEvents(ids, eventsKept),
    signIns: new SignIns(ids),
    spentSignIns: new SpentSignIns(maxSpent),
    pairingTokens: new PairingTokens(ids),
    pendingDevices: new PendingDevices(ids),
    attempts: new Attempts(),
    nodes: new Nodes(),
    sessionKeys: new SessionKeyIds(),
    changes: new ChangeLog(changesKept),
    audit: new AuditLog(ids),
  };
}
