import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '../../src/store/open-store.js';
import type { DeviceId } from '../../src/store/ports/ids.js';
import { BlackHole } from '../support/blackhole.js';
import { NO_POSTGRES, sql, TestSchema } from '../support/postgres.js';
import { until } from '../support/until.js';
import { serve } from './kit/load.js';
import { RestProcess } from './kit/rest-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';

test('D6: while the database is silent who is signed in reaches devices, all else is told at once, and a revocation counts as soon as it is heard', {
  skip: NO_POSTGRES,
}, async () => {
  const schema = await TestSchema.create();
  const url = new URL(schema.url);
  const relay = await BlackHole.start(Number(url.port || 5432));
  url.host = `127.0.0.1:${relay.port}`;
  const up = await RestProcess.start('up', { DATABASE_URL: url.href });
  try {
    const alice = await up.signIn('alice');
    const { deviceId, sessionToken } = await alice.pair();
    const device = await ScriptedDevice.connect(up.tunnelUrl, sessionToken);
    serve(device);
    const status = async (path: string) => (await alice.get(path)).status;
    const call = () => status(`/api/devices/${deviceId}/system`);
    assert.equal(await call(), 200);

    relay.silence(true);
    relay.hole();
    // From the first moment on, known or not.
    await until(async () => {
      assert.equal(await call(), 200);
      return (await status('/api/ready')) === 503;
    });
    // Each of these would wait for seconds, if the database were asked.
    for (let i = 0; i < 50; i++) {
      assert.deepEqual([await call(), await status('/api/devices')], [200, 503]);
    }
    assert.equal(await status('/api/devices/no-such/system'), 503, 'nothing is known of it');
    const { code } = await up.program.line('the store cannot be used');
    assert.equal(code, 'ERR_STORE_UNAVAILABLE');

    const other = await openStore({ dataDir: '/nonexistent', databaseUrl: schema.url });
    const [owner] = await sql<{ id: string }>(`SELECT user_id AS id FROM ${schema.name}.devices`);
    await other.revokeDevice(owner?.id as never, deviceId as DeviceId);
    await other.close();
    relay.silence(false);
    relay.cut();
    await device.closed;
    await until(async () => (await status('/api/ready')) === 200);
    assert.equal(await call(), 404);
    await up.program.line('the store can be used again');
  } finally {
    await up.close();
    await relay.close();
    await schema.drop();
  }
});
