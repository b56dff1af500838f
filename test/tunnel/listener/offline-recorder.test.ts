import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import type { DeviceOffline } from '../../../src/store/ports/devices.js';
import type { DeviceId, Epoch, UserId } from '../../../src/store/ports/ids.js';
import { OfflineRecorder } from '../../../src/tunnel/listener/offline-recorder.js';

const device = (n: number): DeviceOffline => ({
  userId: 'user' as UserId,
  deviceId: `d${n}` as DeviceId,
  epoch: 1 as Epoch,
});

test('a fleet that goes at once is recorded in few calls, and a store that is down is logged', async () => {
  const calls: number[] = [];
  const lines: string[] = [];
  const store = {
    recordOffline: (devices: readonly DeviceOffline[]) => {
      calls.push(devices.length);
      return calls.length === 3 ? Promise.reject(new Error('down')) : Promise.resolve();
    },
  };
  const recorder = new OfflineRecorder(store, pino({}, { write: (line) => lines.push(line) }));
  for (let n = 0; n < 2500; n++) recorder.record(device(n));
  assert.deepEqual(calls, []);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(calls, [1000, 1000, 500]);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(lines.length, 1);
  recorder.record(device(1));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(calls, [1000, 1000, 500, 1]);
});
