// This file writes the output of the commands on devices.
import type { OwnedDevice, ProvisionedDevice } from '../store/ports/devices.js';

/** Describes a new device, with its session token. */
export function lineOfAdded({ deviceId, sessionToken }: ProvisionedDevice, name: string): string {
  return `${name}\n  device id      ${deviceId}\n  session token  ${sessionToken}\n`;
}

/** Says how many devices were added for a user, and what to do with their tokens. */
export function describeAdded(count: number, user: string, issuer: string): string {
  const what = count === 1 ? '1 device was' : `${count} devices were`;
  return `
${what} added for ${user} of ${issuer}.
Give each device its session token and keep it secret: it is stored as a hash and is not shown again. A device whose token is lost is revoked and added anew.
`;
}

/** Names the devices that were added although their tokens could not be printed, and says what to do about them. */
export function describeUnseen(
  why: string,
  added: readonly ProvisionedDevice[],
  names: readonly string[],
): string {
  const [first, last] = [added[0]?.deviceId, added.at(-1)?.deviceId];
  const which =
    added.length === 1
      ? `the token of ${names[0]} (${first}) is`
      : `the tokens of ${names[0]} to ${names.at(-1)} (${first} to ${last}) are`;
  return `${why}: ${which} lost, and what was written just before may not have been read; revoke these devices with "visiona device revoke" and add them anew`;
}

/** Says what to do if it is not known whether devices were added. */
export function describeDoubtful(names: readonly string[]): string {
  const which = names.length === 1 ? `${names[0]} is` : `${names[0]} to ${names.at(-1)} are`;
  return `if ${which} in "visiona device list", its token was never shown: revoke it and add it anew`;
}

/** Writes a device as one JSON object, without secrets. @param online undefined: not known */
export function lineOfDevice(device: OwnedDevice, online: boolean | undefined): string {
  const {
    deviceId,
    owner: userId,
    issuer,
    subject: user,
    name,
    createdAt,
    lastConnectedAt,
    revokedAt,
  } = device;
  return `${JSON.stringify({
    deviceId,
    userId,
    issuer,
    user,
    name,
    online: online ?? null,
    createdAt: time(createdAt),
    lastConnectedAt: lastConnectedAt === undefined ? null : time(lastConnectedAt),
    revokedAt: revokedAt === undefined ? null : time(revokedAt),
  })}\n`;
}

/** The header of the table of devices. */
export const HEADER = row('DEVICE', 'STATE', 'USER', 'ISSUER', 'NAME');

/** Writes a device as a line for people, without secrets. @param online undefined: not known */
export function rowOfDevice(device: OwnedDevice, online: boolean | undefined): string {
  return row(device.deviceId, state(device, online), device.subject, device.issuer, device.name);
}

/** Writes a row of the table. Its columns are as wide as an id and as the longest state; names and subjects have no bound. */
function row(id: string, state: string, user: string, issuer: string, name: string): string {
  return `${id.padEnd(36)}  ${state.padEnd(44)}  ${user.padEnd(12)}  ${issuer.padEnd(21)}  ${name}\n`;
}

function state({ lastConnectedAt, revokedAt }: OwnedDevice, online: boolean | undefined): string {
  if (revokedAt !== undefined) return `revoked ${time(revokedAt)}`;
  if (lastConnectedAt === undefined) return 'never connected';
  const since = time(lastConnectedAt);
  if (online === undefined) return `last connected ${since}`;
  return online ? `online since ${since}` : `offline, last connected ${since}`;
}

/** Writes a time in ISO 8601 in UTC, to the second. */
function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
