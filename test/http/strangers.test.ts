import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { COOKIE_NAME, CookieCodec } from '../../src/auth/cookie.js';
import { codeOf, newPairingSecret, shownCode } from '../../src/devices/pairing-code.js';
import { newSessionToken } from '../../src/store/ports/ids.js';
import { oldKeys } from '../auth/keys.js';
import { Stand } from '../auth/stand.js';
import { ROUTES } from './routes.js';
import { type Fields, refusesStrangers } from './strangers.js';

const AUDIENCE = 'https://api.visiona.example';

/** `name=value` of a cookie that nobody was given. */
function made(codec: CookieCodec, type: 'session' | 'pending'): string {
  return codec.set(codec.create(type), 60).split(';')[0] as string;
}

/** The same with its last character changed: not the last bit of it, which base64url may not count. */
function forged(cookie: string): string {
  return `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'Q' : 'A'}`;
}

describe('strangers before real sign-in', () => {
  let stand: Stand;
  const credentials: Record<string, Fields> = {};
  let ended: Fields = {};

  before(async () => {
    stand = await Stand.start({ audience: AUDIENCE });
    const left = await stand.signedIn();
    const [cookie = ''] = [left.cookie];
    assert.equal((await left.send('POST /api/auth/logout')).status, 200);
    ended = { cookie };
    const alive = await stand.signedIn();
    const pending = stand.browser();
    await pending.leave();
    const device = newSessionToken();
    const claims = { sub: 'alice', aud: AUDIENCE, client_id: 'script', jti: 'x' };
    const header = { alg: 'RS256', kid: 'key-1', typ: 'at+jwt' };
    const expired = Math.floor(Date.now() / 1000) - 3600;
    Object.assign(credentials, {
      'a forged cookie': { cookie: forged(alive.cookie ?? '') },
      'a pending cookie': { cookie: pending.cookie ?? '' },
      'a pending cookie that says session': {
        cookie: (pending.cookie ?? '').replace('.pending.', '.session.'),
      },
      'a cookie by a key that is gone': { cookie: made(new CookieCodec(oldKeys), 'session') },
      'two cookies': { cookie: `${alive.cookie}; ${alive.cookie}` },
      'a device token': { authorization: `Bearer ${device}` },
      'a device token as cookie': { cookie: `${COOKIE_NAME}=${device}` },
      'a pairing token': { authorization: `Bearer ${newPairingSecret()}` },
      'a pairing code': { authorization: `Bearer ${shownCode(codeOf(newPairingSecret()))}` },
      'an expired access token': {
        authorization: `Bearer ${await stand.provider.sign({ ...claims, exp: expired }, header)}`,
      },
      'an ID token': {
        authorization: `Bearer ${await stand.provider.sign({ ...claims, aud: 'visiona' }, { ...header, typ: 'JWT' })}`,
      },
      'another scheme': { authorization: 'Basic YWxpY2U6YWxpY2U=' },
    });
    assert.equal(await alive.status(), 200);
    for (const [why, { cookie: value = 'x' }] of Object.entries(credentials)) assert.notEqual(value, '', why);
  });
  after(() => stand.close());

  refusesStrangers('real sign-in', ROUTES, () => ({
    port: stand.port,
    credentials,
    ended: { ...ended },
    existing: { deviceId: 'cam-1', tokenId: 'pair-8-10', sessionId: 'sign-in-1' },
  }));
});
