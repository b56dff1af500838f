import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { Route } from '../../src/http/route.js';
import { hashToken } from '../../src/store/ports/ids.js';
import { ALICE, AS_ALICE, BOB, type RawAnswer, rawRequest, TestRest } from './kit.js';
import { takesBody, USER_ROUTES } from './routes.js';
import { comparable, pathOf } from './strangers.js';

/** Ids of bob's, and ids of nothing, as long. */
const BOBS = { deviceId: 'cam-2', sessionId: 'sign-in-2', tokenId: 'pair-10' };
const NOBODYS = { deviceId: 'cam-0', sessionId: 'sign-in-0', tokenId: 'pair-00' };

/** A body that is taken, for each route that takes one. */
const BODIES: Readonly<Record<string, unknown>> = {
  'POST /api/pairing/tokens': {},
  'PATCH /api/devices/{deviceId}': { name: 'mine now' },
};

/** What a user has in the store, and what is told of it. */
const TABLES = [
  'devices',
  'device_credentials',
  'device_events',
  'pairing_tokens',
  'pending_devices',
  'sign_ins',
  'changes',
  'audit_log',
];

/** Each route with each of its methods, with HEAD where GET is. */
function eachMethod(routes: readonly Route[]): { readonly route: Route; readonly method: string }[] {
  return routes.flatMap((route) => {
    const methods =
      route.methods === 'ANY' ? ['GET', 'POST', 'DELETE', 'OPTIONS', 'PROPFIND'] : route.methods;
    return methods
      .flatMap((method) => (method === 'GET' ? [method, 'HEAD'] : [method]))
      .map((method) => ({ route, method }));
  });
}

test('attack 19: every id that a path of a user may name is one of bob that alice tries', () => {
  const named = USER_ROUTES.flatMap(({ path }) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  assert.deepEqual([...new Set(named)].sort(), Object.keys(BOBS).sort());
});

function lengthOf({ headers }: RawAnswer): number {
  return Number(headers.get('content-length')?.[0]);
}

describe('tenancy', () => {
  let api: TestRest;
  beforeEach(async () => {
    api = await TestRest.start();
    api.sessions.connect(ALICE, 'cam-1');
    api.sessions.connect(BOB, 'cam-2');
    api.store.addSignIn(BOB, 'sign-in-2');
    api.store.addEvent(BOB, 'cam-2', { eventId: 'e-1', kind: 'online', at: 0 });
    await api.store.addPairingToken(BOB, { hash: hashToken('x'), expiresAt: Date.now() + 60_000 });
    api.store.sql('UPDATE pairing_tokens SET id = ?', BOBS.tokenId);
  });
  afterEach(() => api.close());

  function ask(route: Route, method: string, ids: Readonly<Record<string, string>>, query = '', fields = {}) {
    const line = `${method} ${pathOf(route, ids)}${query}`;
    if (!takesBody(route)) return rawRequest(api.port, line, { ...AS_ALICE, ...fields });
    const body = JSON.stringify(BODIES[`${method} ${route.path}`]);
    const json = { 'content-type': 'application/json', 'content-length': `${body.length}` };
    return rawRequest(api.port, line, { ...AS_ALICE, ...json, ...fields }, body);
  }

  const everything = () =>
    structuredClone([
      TABLES.map((table) => api.store.rows(table)),
      api.sessions.live,
      api.sessions.closed,
      api.forwarder.calls.length,
    ]);

  for (const { route, method } of eachMethod(USER_ROUTES.filter(({ path }) => path.includes('{')))) {
    test(`attack 19: ${method} ${route.path}: bob's is to alice what is not there`, async () => {
      const before = everything();
      const bobs = await ask(route, method, BOBS);
      const nobodys = await ask(route, method, NOBODYS);
      assert.equal(bobs.status, 404);
      assert.deepEqual(comparable(bobs), comparable(nobodys));
      assert.equal(lengthOf(bobs), lengthOf(nobodys));
      assert.deepEqual(everything(), before);
    });
  }

  for (const { route, method } of eachMethod(USER_ROUTES.filter(({ path }) => !path.includes('{')))) {
    test(`${method} ${route.path} has nothing of bob's, whoever alice says that she is`, async () => {
      const fields = { 'x-visiona-user': BOB, 'x-user-id': BOB };
      const asked = [await ask(route, method, {}), await ask(route, method, {}, '', fields)];
      for (const { status, body } of asked) {
        assert.ok(status < 300, body);
        for (const word of [BOB, ...Object.values(BOBS)]) assert.ok(!body.includes(word), body);
      }
      const query = await ask(route, method, {}, `?userId=${BOB}&owner=${BOB}`);
      for (const word of Object.values(BOBS)) assert.ok(!query.body.includes(word), query.body);
    });
  }
});
