// This file has the commands on devices: add, list, revoke.
import type { Writable } from 'node:stream';
import type { StoreLocation } from '../store/location.js';
import type { OwnedDevice, ProvisionedDevice } from '../store/ports/devices.js';
import { StoreOutcomeUnknownError } from '../store/ports/errors.js';
import type { DeviceId } from '../store/ports/ids.js';
import { checkNames } from '../store/ports/validate.js';
import { print } from './command.js';
import {
  describeAdded,
  describeDoubtful,
  describeUnseen,
  HEADER,
  lineOfAdded,
  lineOfDevice,
  rowOfDevice,
} from './device-output.js';
import type { DevicesOnline } from './devices-online.js';
import { CliError, OutputError } from './errors.js';
import { OPERATOR, withStore } from './operator.js';

/** The store that a command works on, and the stream that it prints to. */
export interface DeviceCommandContext {
  readonly location: StoreLocation;
  readonly stdout: Writable;
}

/** The parsed flags and operands of `visiona device add`. */
export interface DeviceAddValues {
  /** The identity provider's issuer, exactly as in its tokens. */
  readonly issuer: string;
  /** The user's subject at the identity provider. */
  readonly user: string;
  readonly name: string;
  /** The number of devices; with more than one, their names are NAME-1, NAME-2 and so on. */
  readonly count: number;
  readonly json?: boolean;
}

/** The parsed flags of `visiona device list`. */
export interface DeviceListValues {
  readonly user?: string;
  /** Whether revoked devices are listed too. */
  readonly revoked?: boolean;
  readonly json?: boolean;
}

/** The parsed operands of `visiona device revoke`. */
export interface DeviceRevokeValues {
  readonly deviceId: string;
}

/** The number of devices that one transaction adds and one write prints. */
const CHUNK = 500;

/**
 * `visiona device add`: adds devices of a user and prints their session tokens.
 * @throws StoreError, CliError
 */
export async function deviceAdd(values: DeviceAddValues, context: DeviceCommandContext): Promise<void> {
  const { issuer, user, name, count, json = false } = values;
  const chunks = chunksOf(namesOf(name, count));
  // All names are checked before the first device is made: the last name is the longest.
  for (const chunk of chunks) checkNames(chunk);
  await withStore(context.location, 'make', async (store) => {
    const owner = await store.ensureUser(issuer, user);
    // Each chunk is printed before the next is made, so that an early end loses no token of a device that exists.
    for (const names of chunks) {
      const added = await store.provision(owner, names, undefined, OPERATOR).catch((error: unknown) => {
        throw doubt(error, describeDoubtful(names));
      });
      await printAdded(context.stdout, added, names, json);
    }
    if (!json) await print(context.stdout, describeAdded(count, user, issuer));
  });
}

/**
 * `visiona device list`: prints the devices of one user, or of all users.
 * @param online is called once there is a store to list
 * @throws StoreError, OutputError
 */
export function deviceList(
  values: DeviceListValues,
  online: () => Promise<DevicesOnline>,
  context: DeviceCommandContext,
): Promise<void> {
  return withStore(context.location, 'fail', async (store) => {
    const connected = await online();
    const { user, revoked = false } = values;
    const which = { revoked, ...(user !== undefined && { subject: user }) };
    const read = (after?: DeviceId) =>
      store.listAllDevices({ limit: CHUNK, ...(after !== undefined && { after }) }, which);
    const line = (device: OwnedDevice): string =>
      (values.json ? lineOfDevice : rowOfDevice)(device, connected?.has(device.deviceId));
    let page = await read();
    if (!values.json) await print(context.stdout, page.items.length === 0 ? 'No devices.\n' : HEADER);
    for (; ; page = await read(page.next)) {
      await print(context.stdout, page.items.map(line).join(''));
      if (page.next === undefined) break;
    }
  });
}

/**
 * `visiona device revoke`: ends a device's access; a running proxy closes its tunnel.
 * @throws StoreError, CliError
 */
export function deviceRevoke(values: DeviceRevokeValues, context: DeviceCommandContext): Promise<void> {
  return withStore(context.location, 'fail', async (store) => {
    const device = values.deviceId as DeviceId;
    const owner = await store.ownerOf(device);
    if (owner === undefined) {
      throw new CliError('ERR_NO_DEVICE', `there is no device "${device}"; "visiona device list" shows all`);
    }
    const revoked = await store.revokeDevice(owner, device, OPERATOR).catch((error: unknown) => {
      throw doubt(error, 'run it again, which says whether it was done');
    });
    await print(context.stdout, `Device ${device} ${revoked ? 'is revoked' : 'was revoked before'}.\n`);
  });
}

/** Adds advice to an error that leaves unknown whether the write was done. */
function doubt(error: unknown, advice: string): unknown {
  if (!(error instanceof StoreOutcomeUnknownError)) return error;
  return new CliError('ERR_OUTCOME_UNKNOWN', `${error.message}; ${advice}`, { cause: error });
}

/** Prints added devices. @throws CliError that names the devices whose tokens may not have been read */
async function printAdded(
  stdout: Writable,
  added: readonly ProvisionedDevice[],
  names: readonly string[],
  json: boolean,
): Promise<void> {
  const lines = added.map((device, i) =>
    json ? `${JSON.stringify(device)}\n` : lineOfAdded(device, names[i] ?? ''),
  );
  try {
    await print(stdout, lines.join(''));
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    throw new CliError('ERR_OUTPUT', describeUnseen(error.message, added, names), { cause: error });
  }
}

function namesOf(name: string, count: number): string[] {
  return count === 1 ? [name] : Array.from({ length: count }, (_, i) => `${name}-${i + 1}`);
}

function chunksOf(names: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(names.length / CHUNK) }, (_, i) =>
    names.slice(i * CHUNK, (i + 1) * CHUNK),
  );
}
