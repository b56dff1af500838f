import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { uwsPattern } from '../../src/http/patterns.js';
import { ASSETS, assets } from '../../src/web/assets.js';
import { type RawAnswer, rawRequest, TestRest } from '../http/kit.js';
import { ROUTES } from '../http/routes.js';
import { root } from '../scripts/root.js';

const field = (answer: RawAnswer, name: string) => answer.headers.get(name)?.join('; ');

describe('the page and its files', () => {
  let api: TestRest;
  before(async () => {
    api = await TestRest.start();
  });
  after(() => api.close());

  const get = (path: string, fields = {}) => rawRequest(api.port, `GET ${path}`, fields);

  test('the page runs and loads what is ours, and nothing in itself', async () => {
    const page = await get('/');
    assert.equal(field(page, 'content-type'), 'text/html; charset=utf-8');
    const policy = new Map(
      (field(page, 'content-security-policy') ?? '').split('; ').map((directive) => {
        const [name = '', ...values] = directive.split(' ');
        return [name, values.join(' ')];
      }),
    );
    assert.equal(policy.get('default-src'), "'none'");
    for (const name of ['script-src', 'style-src', 'connect-src', 'img-src']) {
      assert.equal(policy.get(name), "'self'", name);
    }
    for (const name of ['base-uri', 'form-action', 'frame-ancestors']) {
      assert.equal(policy.get(name), "'none'", name);
    }
    assert.doesNotMatch(page.body, /<style|<script(?![^>]* src=)| style=| on\w+=|https?:/);
    assert.equal(field(page, 'x-content-type-options'), 'nosniff');
    assert.equal(field(page, 'set-cookie'), undefined);
  });

  test('every file that the page and its modules name is there', async () => {
    const { body } = await get('/');
    const named = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
    const found = new Set<string>();
    const queue = named.filter((path) => path !== '/api/docs');
    assert.ok(queue.length > 2);
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      if (found.has(path)) continue;
      found.add(path);
      const answer = await get(path);
      assert.equal(answer.status, 200, path);
      if (!path.endsWith('.js')) continue;
      assert.equal(field(answer, 'content-type'), 'text/javascript; charset=utf-8');
      for (const [, next = ''] of answer.body.matchAll(/(?:from|import) ?'(\.[^']+)'/g)) {
        queue.push(new URL(next, `http://x${path}`).pathname);
      }
    }
    assert.ok(found.has(`${ASSETS}/preact.js`) && found.has(`${ASSETS}/api.js`));
  });

  test('a file under its version is kept for good; under another one it is asked for again', async () => {
    for (const name of assets.keys()) {
      const current = await get(`${ASSETS}/${name}`);
      assert.equal(field(current, 'cache-control'), 'public, max-age=31536000, immutable', name);
      const other = await get(`/web/another/${name}`);
      assert.equal(field(other, 'cache-control'), 'no-cache', name);
      assert.equal(other.body, current.body);
    }
    assert.equal(field(await get('/'), 'cache-control'), 'no-cache');
  });

  test('what has not changed is not sent again', async () => {
    for (const path of ['/', `${ASSETS}/style.css`]) {
      const whole = await get(path);
      const etag = field(whole, 'etag') ?? '';
      assert.match(etag, /^"[\w-]{22}"$/);
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const answer = await get(path, { 'if-none-match': known });
        assert.deepEqual([answer.status, answer.body, field(answer, 'etag')], [304, '', etag], known);
        assert.equal(field(answer, 'content-length'), undefined);
        assert.equal(field(answer, 'cache-control'), field(whole, 'cache-control'));
      }
      assert.equal((await get(path, { 'if-none-match': '"other"' })).status, 200);
    }
  });

  test('the page calls routes that there are', () => {
    const source = readFileSync(join(root, 'src/web/page/api.ts'), 'utf8');
    const calls = [
      ...source.matchAll(/\b(call|remove)\(\s*['`](\/[^'`?$]+)(\$\{enc[^`]*)?[^)]*?(?:method: '(\w+)'|\))/g),
    ];
    assert.ok(calls.length >= 8, String(calls.length));
    for (const [, by, path = '', id, method = by === 'remove' ? 'DELETE' : 'GET'] of calls) {
      const pattern = id === undefined ? path : `${path}:id`;
      const route = ROUTES.find(
        (each) =>
          uwsPattern(each.path).replace(/:\w+$/, ':id') === pattern && each.methods.includes(method as never),
      );
      assert.ok(route !== undefined, `${method} ${pattern}`);
    }
  });
});
