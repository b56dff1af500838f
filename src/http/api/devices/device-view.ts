// This file has the schemas of a device, and makes the JSON of a device.
import { z } from 'zod';
import type { DeviceState } from '../../../devices/device-list.js';
import type { DeviceId } from '../../../store/ports/ids.js';
import { id, oneLine, time } from '../../schemas.js';

/** The most labels that one device may have. */
const MAX_LABELS = 32;

const labels = z
  .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/), z.string().max(255))
  .refine((all) => Object.keys(all).length <= MAX_LABELS, `there are more than ${MAX_LABELS}`);

/** A device as its owner sees it. */
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

/** The request body that changes a device. */
export const deviceChange = z
  .strictObject({
    name: oneLine.exactOptional(),
    labels: labels.exactOptional().describe('All of them: what is not named is gone'),
  })
  .refine((all) => Object.keys(all).length > 0, 'nothing is to be changed')
  .meta({ id: 'DeviceChange' });

/** The path parameters of a device's routes. */
export const deviceParams = z.object({ deviceId: id<DeviceId>() });

/** The problem of a path whose device does not exist. */
export const DEVICE_MISSING = 'device-not-found';

/** Makes the JSON of a device, as its owner sees the device. */
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
