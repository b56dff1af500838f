import type { Writable } from 'node:stream';
import { StoreError } from '../store/errors.js';
import type { DeviceId } from '../store/ids.js';
import type { Device, Page, ProvisionedDevice, Store } from '../store/ports.js';
import { openStore } from '../store/sqlite-store.js';
import { describeAdded, describeList, lineOfAdded, lineOfDevice } from './device-output.js';

/** Where a command works and writes. */
export interface DeviceCommandContext {
  readonly dataDir: string;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

export interface DeviceAddValues {
  /** The user's subject at the identity provider. */
  readonly user: string;
  readonly name: string;
  /** How many devices, 1 to 100,000; with more than one, their names are NAME-1, NAME-2 and so on. */
  readonly count?: string | number;
  readonly json?: boolean;
}

export interface DeviceListValues {
  readonly user?: string;
  readonly json?: boolean;
}

export interface DeviceRevokeValues {
  readonly deviceId: string;
}

/** Issuer of the users that the operator names at the command line: no identity provider vouches for them. */
const OPERATOR_ISSUER = 'urn:visiona:operator';

const MAX_COUNT = 100_000;

/** Devices in one transaction and lines in one write. */
const CHUNK = 500;

/** `visiona device add`: adds devices of a user and prints their session tokens. Returns the exit code. */
export function deviceAdd(values: DeviceAddValues, context: DeviceCommandContext): Promise<number> {
  return withStore(context, async (store) => {
    const names = namesOf(values.name, countOf(values.count));
    const owner = await store.ensureUser(OPERATOR_ISSUER, values.user);
    // What a chunk made is printed before the next is made: an early end loses no token of a device that exists.
    for (let at = 0; at < names.length; at += CHUNK) {
      const chunk = names.slice(at, at + CHUNK);
      const added = await store.provision(owner, chunk);
      await write(
        context.stdout,
        added.map((device, i) => printAdded(device, chunk[i] ?? '', values)).join(''),
      );
    }
    if (!values.json) await write(context.stdout, describeAdded(names.length, values.user));
    return 0;
  });
}

/** `visiona device list`: prints the devices of one user, or of all. Returns the exit code. */
export function deviceList(values: DeviceListValues, context: DeviceCommandContext): Promise<number> {
  return withStore(context, async (store) => {
    const read = await pagesOf(store, values.user);
    let listed = 0;
    for (let page = await read(); ; page = await read(page.next)) {
      listed += page.items.length;
      const text = values.json ? page.items.map(lineOfDevice).join('') : describeList(page.items);
      await write(context.stdout, text);
      if (page.next === undefined) break;
    }
    if (listed === 0 && !values.json) await write(context.stdout, 'No devices.\n');
    return 0;
  });
}

/** `visiona device revoke`: ends a device's access; a running proxy closes its tunnel. Returns the exit code. */
export function deviceRevoke(values: DeviceRevokeValues, context: DeviceCommandContext): Promise<number> {
  return withStore(context, async (store) => {
    const device = values.deviceId as DeviceId;
    const owner = await store.ownerOf(device);
    if (owner === undefined) {
      await write(
        context.stderr,
        `There is no device ${values.deviceId}; "visiona device list" shows all.\n`,
      );
      return 1;
    }
    const revoked = await store.revokeDevice(owner, device);
    await write(context.stdout, `Device ${device} ${revoked ? 'is revoked' : 'was revoked before'}.\n`);
    return 0;
  });
}

async function withStore(
  { dataDir, stderr }: DeviceCommandContext,
  body: (store: Store) => Promise<number>,
): Promise<number> {
  let store: Store | undefined;
  try {
    store = await openStore({ dataDir });
    return await body(store);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    await write(stderr, `visiona: ${error.message}\n`);
    return 1;
  } finally {
    await store?.close();
  }
}

type SomeDevice = Device & { readonly subject: string };

async function pagesOf(
  store: Store,
  user?: string,
): Promise<(after?: DeviceId) => Promise<Page<SomeDevice>>> {
  const request = (after?: DeviceId) => ({ limit: CHUNK, ...(after !== undefined && { after }) });
  if (user === undefined) return (after) => store.listAllDevices(request(after));
  const owner = await store.findUser(OPERATOR_ISSUER, user);
  if (owner === undefined) return async () => ({ items: [] });
  return async (after) => {
    const page = await store.listDevices(owner, request(after));
    return { ...page, items: page.items.map((device) => ({ ...device, subject: user })) };
  };
}

function printAdded(device: ProvisionedDevice, name: string, { json = false }: DeviceAddValues): string {
  return json ? `${JSON.stringify(device)}\n` : lineOfAdded(device, name);
}

function namesOf(name: string, count: number): string[] {
  return count === 1 ? [name] : Array.from({ length: count }, (_, i) => `${name}-${i + 1}`);
}

function countOf(value: string | number = 1): number {
  const count = typeof value === 'number' ? value : Number(value.trim() || Number.NaN);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_COUNT) return count;
  throw new StoreError('ERR_STORE_INPUT', `--count: a whole number from 1 to ${MAX_COUNT} is needed`);
}

function write(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
