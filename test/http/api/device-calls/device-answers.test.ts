import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ALICE, AS_ALICE, answer, rawRequest, TestRest } from '../../kit.js';

describe('between a caller and a device', () => {
  let api: TestRest;
  before(async () => {
    api = await TestRest.start();
  });
  after(() => api.close());

  const call = (fields = {}) =>
    rawRequest(api.rest.port, 'GET /api/devices/cam-1/proxy/page?x=1', { ...AS_ALICE, ...fields });

  test('a device sets no cookie, no policy and no order to a proxy, and its page runs nothing', async () => {
    const harmful = {
      'Set-Cookie': '__Host-visiona_session=theirs; Secure; Path=/',
      set_cookie: 'a=b',
      'Clear-Site-Data': '"cookies"',
      'Service-Worker-Allowed': '/',
      'Strict-Transport-Security': 'max-age=0',
      'Access-Control-Allow-Origin': '*',
      'Content-Security-Policy': "script-src 'unsafe-inline'",
      'Content-Security-Policy-Report-Only': 'report-uri /',
      'X-Frame-Options': 'ALLOWALL',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Referrer-Policy': 'unsafe-url',
      'WWW-Authenticate': 'Basic',
      Refresh: '0; url=https://evil.test/',
      'X-Accel-Redirect': '/etc/passwd',
      'X-Request-Id': 'theirs',
      'X-Visiona-User': 'theirs',
    };
    const harmless = { 'Content-Type': 'text/html', ETag: '"1"', 'X-Device': 'kept' };
    api.forwarder.serve = (under) =>
      answer(under, '<script>alert(1)</script>', {
        headers: Object.entries({ ...harmful, ...harmless }).flat(),
      });
    const { status, headers, body } = await call();
    assert.equal(status, 200);
    assert.equal(body, '<script>alert(1)</script>');
    for (const [name, value] of Object.entries(harmless)) {
      assert.deepEqual(headers.get(name.toLowerCase()), [value], name);
    }
    for (const [name, value] of Object.entries(harmful)) {
      assert.ok(!headers.get(name.toLowerCase())?.includes(value), name);
    }
    assert.deepEqual(headers.get('content-security-policy'), [
      "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
    ]);
    assert.deepEqual(headers.get('x-content-type-options'), ['nosniff']);
    assert.deepEqual(headers.get('cross-origin-resource-policy'), ['same-origin']);
    assert.equal(headers.get('x-request-id')?.length, 1);
  });

  test('a device sees who calls and from where, and no credentials, cookie or field that only we may write', async () => {
    api.forwarder.serve = (under) => answer(under, 'ok');
    await call({
      'X-Forwarded-For': '203.0.113.9',
      'X-Forwarded-Host': 'evil.test',
      Forwarded: 'for=203.0.113.9',
      'X-Real-IP': '203.0.113.9',
      'X-Visiona-User': 'user-bob',
      'X-Forward-Method': 'DELETE',
      Accept: 'text/html',
    });
    const { method, target, headers } = api.forwarder.last.request;
    assert.deepEqual([method, target], ['GET', '/page?x=1']);
    const fields: [string, string][] = [];
    for (let i = 0; i + 1 < headers.length; i += 2) fields.push([headers[i]!, headers[i + 1]!]);
    const own = fields.filter(([name]) => name !== 'x-request-id').sort();
    assert.deepEqual(own, [
      ['accept', 'text/html'],
      ['host', 'api.test'],
      ['x-forwarded-for', '127.0.0.1'],
      ['x-forwarded-host', 'api.test'],
      ['x-forwarded-proto', 'http'],
      ['x-visiona-user', ALICE],
    ]);
  });
});
