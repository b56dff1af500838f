import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../../src/store/sqlite/sqlite.js';
import { until } from '../support/until.js';
import { serve } from './kit/load.js';
import { RestProcess } from './kit/rest-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';

test('D4, D5: while another process locks the file, readiness says that nothing can be written, and reads and calls go on', async () => {
  const up = await RestProcess.start('up');
  try {
    const alice = await up.signIn('alice');
    const { deviceId, sessionToken } = await alice.pair();
    const device = await ScriptedDevice.connect(up.tunnelUrl, sessionToken);
    serve(device);
    const missing = async () =>
      ((await (await alice.get('/api/ready')).json()) as { missing: unknown[] }).missing;

    const other = await openDatabase(up.dataDir);
    other.exec('BEGIN IMMEDIATE');
    let refused = false;
    const write = alice.send('POST', '/api/pairing/tokens', {}).then((answer) => {
      refused = answer.status === 503;
    });
    // The write waits for seconds, and everything else is answered meanwhile.
    assert.equal((await alice.get('/api/devices')).status, 200);
    assert.equal((await alice.get(`/api/devices/${deviceId}/system`)).status, 200);
    assert.equal(refused, false, 'reads are not behind the write');
    await write;
    assert.equal(refused, true);
    await until(async () => (await missing()).length > 0);
    assert.deepEqual(await missing(), [
      { part: 'writes', code: 'store-read-only' },
      { part: 'dials', code: 'store-read-only' },
    ]);
    assert.equal((await alice.get('/api/devices')).status, 200);
    assert.equal((await alice.get(`/api/devices/${deviceId}/system`)).status, 200);
    const { code, reason } = await up.program.line('the store cannot be written, only read');
    assert.equal(code, 'ERR_STORE_BUSY');
    assert.match(String(reason), /is locked by another process$/);

    other.exec('ROLLBACK');
    other.close();
    await until(async () => (await missing()).length === 0);
    assert.equal((await alice.send('POST', '/api/pairing/tokens', {})).status, 201);
    await up.program.line('the store can be used again');
    await device.close();
  } finally {
    await up.close();
  }
});
