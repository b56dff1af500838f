import type { Summary } from '../contract/session.js';
import type { RouteServices } from '../http/api/services.js';
import { ProblemError } from '../problems/problem-error.js';
import type { Device } from '../store/ports/devices.js';
import type { DeviceId, UserId } from '../store/ports/ids.js';

/** A device of the user's. @throws ProblemError `device-not-found`: not there, revoked, or another user's */
export async function ownDevice(
  { store }: RouteServices,
  owner: UserId,
  deviceId: DeviceId,
): Promise<Device> {
  const device = await store.findDevice(owner, deviceId);
  if (device === undefined || device.revokedAt !== undefined) throw new ProblemError('device-not-found');
  return device;
}

/** The live session of a user's device. Undefined: there is none, or it is another user's. */
export async function sessionOf(
  { sessions }: RouteServices,
  owner: UserId,
  deviceId: DeviceId,
): Promise<Summary | undefined> {
  const [found] = await sessions.list(owner, { from: deviceId, upTo: deviceId, limit: 1 });
  return found;
}
