import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../../src/store/sqlite/sqlite.js';
import { RestProcess } from './kit/rest-process.js';

const WRITES = 5;

test('attack 59, B2: a user who rotates without end is told to wait, and leaves no more rows than that; others go on', async () => {
  const up = await RestProcess.start('up', { VISIONA_USER_WRITES: `${WRITES}` });
  try {
    const [alice, bob] = [await up.signIn('alice'), await up.signIn('bob')];
    const { deviceId } = await alice.pair();
    const statuses = [];
    for (let i = 0; i < 20; i += 1) {
      const answer = await alice.send('POST', `/api/devices/${deviceId}/credentials/rotate`);
      statuses.push(answer.status);
      if (answer.status === 429) assert.ok(Number(answer.headers.get('retry-after')) >= 1);
      await answer.text();
    }
    // The sign-in and the code that paired the device were the first of them.
    assert.equal(statuses.filter((status) => status === 200).length, WRITES - 2);
    assert.ok(statuses.slice(WRITES - 2).every((status) => status === 429));
    const db = await openDatabase(up.dataDir);
    const rotated = db
      .prepare("SELECT count(*) AS n FROM audit_log WHERE action = 'credential.rotated'")
      .get();
    db.close();
    assert.equal(Number(rotated?.n), WRITES - 2);
    assert.equal((await alice.get('/api/devices')).status, 200);
    await bob.mint();
    assert.equal((await alice.send('POST', '/api/auth/logout')).status, 200);
  } finally {
    await up.close();
  }
});

test('B2: a user who signs in without end is told to wait, and leaves no more rows than that; others go on', async () => {
  const up = await RestProcess.start('up', { VISIONA_USER_WRITES: `${WRITES}` });
  try {
    const alice = await up.signIn('alice');
    for (let i = 1; i < WRITES; i += 1) assert.equal((await alice.signIn('alice')).url.pathname, '/');
    const { url, response } = await alice.signIn('alice');
    assert.deepEqual([url.pathname, response.status], ['/api/auth/callback', 429]);
    assert.ok(Number(response.headers.get('retry-after')) >= 1);
    const db = await openDatabase(up.dataDir);
    const begun = db.prepare("SELECT count(*) AS n FROM audit_log WHERE action = 'sign-in.begun'").get();
    db.close();
    assert.equal(Number(begun?.n), WRITES);
    assert.equal((await alice.get('/api/auth/me')).status, 200);
    assert.equal((await (await up.signIn('bob')).get('/api/auth/me')).status, 200);
  } finally {
    await up.close();
  }
});
