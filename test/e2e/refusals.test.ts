import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetch } from 'undici';
import { openStore } from '../../src/store/open-store.js';
import type { UserId } from '../../src/store/ports/ids.js';
import { until } from '../support/until.js';
import { exchange, RestProcess } from './kit/rest-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';

test('O2: what was refused of a user is in the audit log: a spent code, a revoked device, a page of somebody else, a sign-in', async (t) => {
  const up = await RestProcess.start('up');
  t.after(() => up.close());
  const alice = await up.signIn('alice');
  const userId = (await alice.me()).userId as UserId;
  const { token, tokenId } = await alice.mint();
  const paired = await exchange(up, token);
  const { deviceId, sessionToken } = (await paired.json()) as { deviceId: string; sessionToken: string };
  assert.equal((await exchange(up, token)).status, 400);
  assert.equal((await alice.send('DELETE', `/api/devices/${deviceId}`)).status, 204);
  await assert.rejects(ScriptedDevice.connect(up.tunnelUrl, sessionToken));
  const cookie = alice.browser.cookieField(up.url('/'));
  const forged = await fetch(up.url('/api/pairing/tokens'), {
    method: 'POST',
    headers: { cookie, origin: 'https://evil.example' },
  });
  assert.equal(forged.status, 403);
  assert.equal((await alice.get('/api/auth/callback?state=x&error=access_denied')).status, 400);

  const store = await openStore({ dataDir: up.dataDir });
  t.after(() => store.close());
  const refused = async () => {
    const { items } = await store.listAudit(userId, { limit: 100 });
    return items
      .filter(({ result }) => result !== 'done')
      .map(({ actor, action, target = '-', result, remoteAddr }) =>
        [actor, action, target, result, remoteAddr].join(' '),
      )
      .sort();
  };
  await until(async () => (await refused()).length >= 4);
  assert.deepEqual(await refused(), [
    `device device.connected ${deviceId} refused 127.0.0.1`,
    `device device.paired ${tokenId} refused 127.0.0.1`,
    'user request.forbidden - refused 127.0.0.1',
    'user sign-in.begun - failed 127.0.0.1',
  ]);
  const line = await up.program.line('a device was refused');
  assert.deepEqual([line.userId, line.deviceId, line.level], [userId, deviceId, 'info']);
});
