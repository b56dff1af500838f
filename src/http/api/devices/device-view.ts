import { z } from 'zod';
import type { DeviceState } from '../../../devices/device-list.js';
import { ownDevice, sessionOf } from '../../../devices/own-device.js';
import type { DeviceId, UserId } from '../../../store/ports/ids.js';
import { id, oneLine, time } from '../../schemas.js';
import type { RouteServices } from '../services.js';

/** Labels of one device. */
const MAX_LABELS = 32;

const labels = z
  .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/), z.string().max(255))
  .refine((all) => Object.keys(all).length <= MAX_LABELS, `there are more than ${MAX_LABELS}`);

/** A device as it is told. */
export const device = z
  .object({
    deviceId: z.string(),
    name: z.string(),
    model: z.string().optional(),
    serial: z.string().optional(),
    labels: z.record(z.string(), z.string()),
    createdAt: time,
    online: z.boolean().describe('Whether it has a live tunnel'),
    lastConnectedAt: time.optional(),
  })
  .meta({ id: 'Device', description: 'A device of mine' });

/** What of a device may be changed. */
export const deviceChange = z
  .strictObject({
    name: oneLine.exactOptional(),
    labels: labels.exactOptional().describe('All of them: what is not named is gone'),
  })
  .refine((all) => Object.keys(all).length > 0, 'nothing is to be changed')
  .meta({ id: 'DeviceChange' });

/** The path of what a device has. */
export const deviceParams = z.object({ deviceId: id<DeviceId>() });

/** Which problem says that there is no such device. */
export const DEVICE_MISSING = 'device-not-found';

/** What is told of a device. */
export function deviceView({ device: found, session }: DeviceState): z.output<typeof device> {
  const { deviceId, name, createdAt, model, serial, lastConnectedAt } = found;
  return {
    deviceId,
    name,
    labels: { ...found.labels },
    createdAt,
    online: session !== undefined,
    ...(model !== undefined && { model }),
    ...(serial !== undefined && { serial }),
    ...(lastConnectedAt !== undefined && { lastConnectedAt }),
  };
}

/** What is told of one device of the user's. @throws ProblemError `device-not-found` */
export async function viewDevice(services: RouteServices, owner: UserId, deviceId: DeviceId) {
  const found = await ownDevice(services, owner, deviceId);
  return deviceView({ device: found, session: await sessionOf(services, owner, deviceId) });
}
