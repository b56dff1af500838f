// This file says how every route is called by callers who may not call it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Route } from '../../src/http/route.js';
import { type RawAnswer, rawRequest } from './kit.js';

/** Methods that are tried on every path: those there are, and one that nobody knows. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];

/** Request fields that carry credentials. */
export type Fields = Readonly<Record<string, string>>;

/** The route's path with these values in it. */
export function pathOf({ path }: Route, values: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)…?\}/g, (_, name: string) => values[name] ?? 'x');
}

/** What may differ between two answers to one question: the request's id, its time and its path. */
export function comparable({ status, headers, body }: RawAnswer) {
  const ids = new Set(['x-request-id', 'date', 'content-length']);
  return {
    status,
    headers: [...headers].filter(([name]) => !ids.has(name)),
    body: body.replace(/"requestId":"[^"]*"/, '').replace(/"instance":"[^"]*"/, ''),
  };
}

/** The one path where the cookie of a session that has ended is enough (attack 9). */
const LEAVING = '/api/auth/logout';

export interface Strangers {
  readonly port: number;
  /** Credentials that are none, by what is wrong with them. */
  readonly credentials: Readonly<Record<string, Fields>>;
  /** The cookie of a session that has ended: whoever has it may still sign out (attack 9), and nothing else. */
  readonly ended?: Fields;
  /** Ids that are there, by the name of their segment. */
  readonly existing: Readonly<Record<string, string>>;
}

/**
 * Whoever is not signed in learns nothing: every path that is not public, with every method and every kind of
 * credentials that are none, is answered alike (attack 1).
 * @param subject asked when its tests run
 */
export function refusesStrangers(name: string, routes: readonly Route[], subject: () => Strangers): void {
  const paths = new Set(routes.filter(({ access }) => access === 'user').map(({ path }) => path));
  const publicPaths = new Set(routes.filter(({ access }) => access === 'public').map(({ path }) => path));
  for (const path of paths) {
    assert.ok(!publicPaths.has(path), `${path} is public with one method and not with another`);
    const route = routes.find((candidate) => candidate.path === path) as Route;
    test(`attack 1, ${name}: ${path} says nothing to strangers`, async () => {
      const { port, credentials, ended, existing } = subject();
      const all = ended === undefined || path === LEAVING ? credentials : { ...credentials, ended };
      await isSilent(port, all, [pathOf(route, existing), pathOf(route, {})]);
    });
  }

  test(`attack 1, ${name}: nor does a path that is not there`, async () => {
    const { port, credentials, ended = {} } = subject();
    await isSilent(port, { ...credentials, ended }, [
      '/web',
      '/web/x/nothing.js',
      '/index.html',
      '/api',
      '/api/',
      '/api/nothing',
      '/ws/logs',
      '/%00',
      '/api/devices/x/none',
    ]);
  });
}

async function isSilent(
  port: number,
  credentials: Strangers['credentials'],
  paths: readonly string[],
): Promise<void> {
  for (const method of METHODS) {
    const expected = comparable(await rawRequest(port, `${method} /q`, {}));
    assert.equal(expected.status, 401);
    for (const [why, fields] of [['none', {}], ...Object.entries(credentials)] as const) {
      for (const path of paths) {
        const answer = await rawRequest(port, `${method} ${path}`, fields);
        assert.deepEqual(comparable(answer), expected, `${method} ${path} with ${why}`);
        assert.deepEqual(answer.headers.get('content-type'), ['application/problem+json']);
        for (const field of ['set-cookie', 'location', 'allow', 'etag', 'access-control-allow-origin']) {
          assert.equal(answer.headers.get(field), undefined);
        }
        if (method !== 'HEAD') assert.equal(JSON.parse(answer.body).code, 'unauthorized');
      }
    }
  }
}
