import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { defaultIntensity } from '../../src/actors/supervision/spec.js';
import { until } from '../support/until.js';
import { ask, forward, problemCode } from './kit/internal-client.js';
import { serve } from './kit/load.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';

/** More starts that fail than any other supervisor bears. */
const FAILED_STARTS = defaultIntensity.restarts + 1;

test('a store whose data is away is waited for: nothing is made in its place, and calls go through the tunnels', async () => {
  const proxy = await ProxyProcess.start({ hosts: 1 });
  const { dataDir, program } = proxy;
  const away = `${dataDir}-away`;
  try {
    const { sessionToken } = await proxy.device();
    const device = await ScriptedDevice.connect(proxy.tunnelUrl, sessionToken);
    serve(device);
    assert.equal((await forward(proxy, sessionToken)).status, 200);

    await rename(dataDir, away);
    // The process would go on with files that nobody finds; it ends by itself.
    const { reason: ended } = await program.line('the store process ended');
    assert.match(String(ended), /it was moved or replaced \(ERR_STORE_MOVED\)$/);
    for (let failed = 0, from = 0; failed < FAILED_STARTS; failed += 1) {
      const { reason } = await program.line('the store process did not start', from);
      assert.match(
        String(reason),
        /visiona\.db is missing: put it back, restore it from a backup, or set VISIONA_DATA_DIR to where the data is/,
      );
      from = program.logged;
    }
    const ready = await ask(proxy, '/internal/ready');
    assert.deepEqual([ready.status, problemCode(ready)], [503, 'store-unavailable']);
    assert.equal((await ask(proxy, '/internal/ready?parts=device-calls')).status, 200);
    assert.equal((await forward(proxy, sessionToken)).status, 200);
    await assert.rejects(ScriptedDevice.connect(proxy.tunnelUrl, sessionToken), { status: 503 });
    assert.equal(existsSync(dataDir), false, 'a data directory was made');

    await rename(away, dataDir);
    await until(async () => (await ask(proxy, '/internal/ready')).status === 200);
    assert.equal((await forward(proxy, sessionToken)).status, 200);
    await device.close();
    await (await ScriptedDevice.connect(proxy.tunnelUrl, sessionToken)).close();
    await program.stop();
  } finally {
    await proxy.remove();
    await rm(away, { recursive: true, force: true });
  }
});
