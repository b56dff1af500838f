// The order in which a request is decided, as ARCHITECTURE.md says it: the first step that refuses answers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import type { Authenticator } from '../../src/auth/authenticator.js';
import { jsonRoute } from '../../src/http/json-route.js';
import { ALICE, AS_ALICE, NameTag, rawRequest } from './kit.js';
import { startRoutes } from './routed.js';

const COOKIE = { cookie: `user=${ALICE}` };
const CSRF = { 'x-visiona-csrf': '1' };
const TEXT = { 'content-type': 'text/plain', 'content-length': '0' };
const OF_NOBODY = { authorization: 'Bearer nobody' };
const ENDED = { cookie: 'ended=1' };

/** Knows users by their names, and one cookie whose session has ended. */
const authenticator: Authenticator = {
  peek: (credentials) => new NameTag().peek(credentials),
  authenticate: (credentials) =>
    credentials.cookie === ENDED.cookie
      ? Promise.resolve({ refused: 'ended' })
      : new NameTag().authenticate(credentials),
};

const routes = [
  jsonRoute(
    {
      access: 'user',
      method: 'POST',
      path: '/things',
      summary: 'A thing',
      body: z.strictObject({ n: z.int() }),
    },
    async () => undefined,
  ),
  jsonRoute(
    { access: 'leaving', method: 'POST', path: '/leave', summary: 'The way out' },
    async () => undefined,
  ),
  jsonRoute({ access: 'public', method: 'GET', path: '/open', summary: 'For all' }, async () => undefined),
];

describe('the order of a request', () => {
  let serving: Awaited<ReturnType<typeof startRoutes>>;
  let draining: Awaited<ReturnType<typeof startRoutes>>;
  before(async () => {
    serving = await startRoutes(routes, { authenticator });
    draining = await startRoutes(routes, { authenticator, readiness: { draining: true } });
  });
  after(() => {
    serving.close();
    draining.close();
  });

  const both = async (line: string, headers: Readonly<Record<string, string>>) =>
    Promise.all([serving, draining].map(async ({ port }) => (await rawRequest(port, line, headers)).status));

  for (const [step, line, headers, expected] of [
    ['a public route asks for nothing', 'GET /open', { ...COOKIE, ...AS_ALICE }, [204, 204]],
    ['no credentials', 'POST /things', TEXT, [401, 401]],
    ['credentials of nobody', 'POST /things', { ...OF_NOBODY, ...TEXT }, [401, 401]],
    ['two kinds of credentials', 'POST /things', { ...COOKIE, ...AS_ALICE, ...TEXT }, [400, 400]],
    ['a session that has ended', 'POST /things', { ...ENDED, ...TEXT }, [401, 401]],
    ['then the page that sent a cookie', 'POST /things', { ...COOKIE, ...TEXT }, [403, 403]],
    ['also where there is no route', 'POST /nothing', COOKIE, [403, 403]],
    ['then draining', 'POST /things', { ...COOKIE, ...CSRF, ...TEXT }, [415, 503]],
    ['for a known client too', 'POST /things', { ...AS_ALICE, ...TEXT }, [415, 503]],
    ['then the path', 'GET /nothing', AS_ALICE, [404, 503]],
    ['and the method', 'GET /things', AS_ALICE, [405, 503]],
    ['the way out after the end: the page', 'POST /leave', ENDED, [403, 403]],
    ['the way out after the end: no drain refuses it', 'POST /leave', { ...ENDED, ...CSRF }, [204, 204]],
    ['the way out of a live session', 'POST /leave', { ...COOKIE, ...CSRF }, [204, 503]],
  ] as const) {
    test(`${step}: ${line} is ${expected[0]}, and ${expected[1]} in a drain`, async () => {
      assert.deepEqual(await both(line, headers), expected);
    });
  }
});
