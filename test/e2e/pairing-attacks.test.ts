import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { fetch, type Response } from 'undici';
import { openDatabase } from '../../src/store/sqlite/sqlite.js';
import { rawRequest } from '../http/kit.js';
import { exchange, type Person, RestProcess } from './kit/rest-process.js';

type Database = Awaited<ReturnType<typeof openDatabase>>;

/** What the database does, once, at the step of an exchange that makes the token used. */
const MARK = 'BEFORE UPDATE ON pairing_tokens WHEN NEW.used_at IS NOT NULL';
/** The compare-and-set before it, which looks whether the token is still good. */
const CLAIM = 'BEFORE UPDATE ON pairing_tokens WHEN NEW.used_at IS NULL AND NEW.revoked_at IS NULL';
/** What takes away the session token that was made. */
const REVOKE = 'BEFORE DELETE ON pending_devices';

describe('attacks on the pairing of visiona up', () => {
  let up: RestProcess;
  let alice: Person;
  let db: Database;
  before(async () => {
    up = await RestProcess.start('up');
    alice = await up.signIn('alice');
    db = await openDatabase(up.dataDir);
  });
  afterEach(() => {
    for (const name of ['mark_fault', 'revoke_fault']) db.exec(`DROP TRIGGER IF EXISTS ${name}`);
  });
  after(async () => {
    db.close();
    await up.close();
  });

  const count = (from: string) => Number(db.prepare(`SELECT count(*) AS n FROM ${from}`).get()?.n);
  const devices = async () =>
    ((await (await alice.get('/api/devices?limit=200')).json()) as { items: unknown[] }).items.length;

  /** What may differ between two refusals left out. */
  async function refusal(answer: Response) {
    const { requestId, ...body } = (await answer.json()) as Record<string, unknown>;
    const headers = [...answer.headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
    return { status: answer.status, headers, body };
  }

  test('attack 40: whatever is no good token gets one and the same answer', async () => {
    const expected = await refusal(await exchange(up, 'ABCDE-FGHJK'));
    assert.deepEqual([expected.status, expected.body.code], [400, 'pairing-refused']);
    const used = await alice.mint();
    assert.equal((await exchange(up, used.code)).status, 200);
    const revoked = await alice.mint();
    assert.equal((await alice.send('DELETE', `/api/pairing/tokens/${revoked.tokenId}`)).status, 204);
    const expired = await alice.mint();
    db.prepare('UPDATE pairing_tokens SET expires_at = ? WHERE id = ?').run(Date.now() - 1, expired.tokenId);
    const bad = [used, revoked, expired].flatMap(({ token, code }): unknown[] => [token, code]);
    for (const token of [...bad, '', ' ', 'x', null, 7, [], [used.code], {}]) {
      assert.deepEqual(await refusal(await exchange(up, token)), expected, JSON.stringify(token));
    }
    // From the URL or a field none is taken, good as it is.
    const good = await alice.mint();
    for (const [query, fields] of [
      [`?token=${good.token}`, {}],
      ['', { authorization: `Bearer ${good.token}`, 'x-pairing-token': good.token }],
    ] as const) {
      const answer = await fetch(up.url(`/api/pairing/exchange${query}`), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...fields },
        body: JSON.stringify({ device: { name: 'cam', model: 'Jetson' } }),
      });
      assert.equal((await refusal(answer)).body.code, 'pairing-refused');
    }
    assert.equal((await exchange(up, good.token)).status, 200);
    assert.ok(!up.program.output.includes(good.token));
  });

  for (const [what, faults, status] of [
    ['fails', { mark_fault: `${MARK} BEGIN SELECT RAISE(ABORT, 'a fault'); END` }, 500],
    ['changes no row', { mark_fault: `${MARK} BEGIN SELECT RAISE(IGNORE); END` }, 500],
    // As for the loser of a race: somebody else has used it meanwhile.
    ['finds no row', { mark_fault: `${CLAIM} BEGIN SELECT RAISE(IGNORE); END` }, 400],
    [
      'fails, and so does the revocation',
      {
        mark_fault: `${MARK} BEGIN SELECT RAISE(ABORT, 'a fault'); END`,
        revoke_fault: `${REVOKE} BEGIN SELECT RAISE(ABORT, 'a fault'); END`,
      },
      500,
    ],
  ] as const) {
    test(`attack 42: marking the token used ${what}: nobody gets a session token, and none works`, async () => {
      const { token } = await alice.mint();
      const before = [await devices(), count('device_credentials')];
      for (const [name, event] of Object.entries(faults)) db.exec(`CREATE TRIGGER ${name} ${event}`);
      const from = up.program.logged;
      const answer = await exchange(up, token);
      const text = await answer.text();
      assert.equal(answer.status, status, text);
      assert.doesNotMatch(text, /sessionToken|deviceId|tunnelUrl/);
      assert.deepEqual([await devices(), count('device_credentials')], before);
      if ('revoke_fault' in faults) {
        const alert = await up.program.line(
          'a pairing failed and its credential could not be revoked: nobody has it; revoke the device if it is listed',
          from,
        );
        assert.equal(alert.alert, true);
      } else {
        assert.equal(count('pending_devices'), 0);
      }
      assert.ok(!up.program.output.includes(token));
      for (const name of Object.keys(faults)) db.exec(`DROP TRIGGER ${name}`);
      // The token was not used: whoever has it pairs, and nothing is left over.
      assert.equal((await exchange(up, token)).status, 200);
      assert.deepEqual([await devices(), count('pending_devices')], [Number(before[0]) + 1, 0]);
    });
  }

  test('attack 45: a token of a user who is gone pairs nothing', async () => {
    const leaver = await up.signIn('leaver');
    const orphan = await leaver.mint();
    const { userId } = await leaver.me();
    // No command takes a user away; an operator who does it in the database leaves this.
    db.exec('PRAGMA foreign_keys = OFF');
    db.prepare('DELETE FROM users WHERE id = ?').run(String(userId));
    const before = count('device_credentials');
    const answer = await refusal(await exchange(up, orphan.token));
    assert.deepEqual([answer.status, answer.body.code], [400, 'pairing-refused']);
    assert.deepEqual([count('device_credentials'), count('pending_devices')], [before, 0]);
  });

  test('attack 45: a token is minted by its owner’s session with our field, and by nothing else', async () => {
    const json = { 'content-type': 'application/json', 'content-length': '2' };
    const cookie = `__Host-visiona_session=${alice.browser.cookie('__Host-visiona_session')}`;
    const mint = async (fields: Record<string, string>) =>
      (await rawRequest(up.port, 'POST /api/pairing/tokens', { ...json, ...fields }, '{}')).status;
    const { sessionToken } = await alice.pair();
    assert.equal(await mint({}), 401);
    assert.equal(await mint({ authorization: `Bearer ${sessionToken}` }), 401);
    assert.equal(await mint({ cookie }), 403);
    assert.equal(await mint({ cookie, 'x-visiona-csrf': '1', origin: 'https://evil.test' }), 403);
    assert.equal(await mint({ cookie, 'x-visiona-csrf': '1' }), 201);
  });

  // Last: this address is told to wait from here on.
  test('attack 44: who guesses is told to wait, whoever it says that it comes from', async () => {
    const guess = (i: number, from = '203.0.113.7') => {
      const body = JSON.stringify({ token: `guess ${i}`, device: { name: 'a', model: 'b' } });
      const fields = { 'content-type': 'application/json', 'content-length': `${body.length}` };
      const says = { 'x-forwarded-for': from, forwarded: `for=${from}`, 'x-real-ip': from };
      return rawRequest(up.port, 'POST /api/pairing/exchange', { ...fields, ...says }, body);
    };
    const answers = [];
    for (let i = 0; i < 60; i += 1) answers.push(await guess(i, `203.0.113.${i}`));
    const waiting = answers.filter(({ status }) => status === 429);
    assert.ok(waiting.length >= 30, `${waiting.length}`);
    for (const { headers } of waiting) assert.ok(Number(headers.get('retry-after')?.[0]) >= 1);
    const { token } = await alice.mint();
    assert.equal((await exchange(up, token)).status, 429);
  });
});
