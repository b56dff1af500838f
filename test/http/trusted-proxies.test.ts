import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ALICE, AS_ALICE, rawRequest, TestRest } from './kit.js';

/** Refused attempts of one address in a minute (pairing.ts). */
const ATTEMPTS = 30;
/** Sign-ins that one address may begin in a minute (auth.ts). */
const STARTS = 300;

/** A REST API that the tests reach as a proxy would that is trusted, or as one that is not. */
async function rest(t: TestContext, trusted: boolean): Promise<TestRest> {
  const trustedProxies = new BlockList();
  trustedProxies.addSubnet('10.0.0.0', 8, 'ipv4');
  if (trusted) trustedProxies.addAddress('127.0.0.1', 'ipv4');
  const api = await TestRest.start({ trustedProxies });
  t.after(() => api.close());
  return api;
}

/** @param forwardedFor lines of X-Forwarded-For */
function forwarded(...forwardedFor: string[]): Record<string, string> {
  return { 'x-forwarded-for': forwardedFor.join('\r\nX-Forwarded-For: ') };
}

async function guess({ port }: TestRest, ...forwardedFor: string[]): Promise<number> {
  const body = JSON.stringify({
    token: `guess${Math.random()}`,
    device: { name: 'edge-7', model: 'Jetson Orin' },
  });
  const headers = { 'content-type': 'application/json', 'content-length': `${body.length}` };
  const line = 'POST /api/pairing/exchange';
  return (await rawRequest(port, line, { ...headers, ...forwarded(...forwardedFor) }, body)).status;
}

test('attack 44: behind a trusted proxy each caller has an allowance of its own, and none by what it claims', async (t) => {
  const api = await rest(t, true);
  for (let i = 0; i < ATTEMPTS; i += 1) {
    assert.equal(await guess(api, `192.0.2.${i}, 203.0.113.1`), 400);
  }
  assert.equal(await guess(api, '203.0.113.1'), 429);
  assert.equal(await guess(api, '192.0.2.99, 203.0.113.1'), 429);
  assert.equal(await guess(api, '192.0.2.99', '203.0.113.1'), 429, 'a line that the proxy added');
  assert.equal(await guess(api, '203.0.113.1, 10.0.0.9'), 429, 'through another proxy');
  assert.equal(await guess(api, '203.0.113.1', '10.0.0.9'), 429, 'each with a line of its own');
  assert.equal(await guess(api, '203.0.113.1', 'nonsense'), 400, 'counts for the proxy');
  assert.equal(await guess(api, '203.0.113.2'), 400);
  assert.equal(await guess(api), 400);
});

test('attack 44: X-Forwarded-For of a proxy that is not trusted changes nothing', async (t) => {
  const api = await rest(t, false);
  for (let i = 0; i < ATTEMPTS; i += 1) assert.equal(await guess(api, `203.0.113.${i}`), 400);
  assert.equal(await guess(api, '203.0.113.99'), 429);
  assert.equal(await guess(api), 429);
});

test('attack 44: sign-ins that are begun are limited by the caller, too', async (t) => {
  const api = await rest(t, true);
  const begin = async (forwardedFor: string) =>
    (await rawRequest(api.port, 'GET /api/auth/login', forwarded(forwardedFor))).status;
  for (let i = 0; i < STARTS; i += 1) assert.notEqual(await begin(`192.0.2.${i % 200}, 203.0.113.1`), 429);
  assert.equal(await begin('203.0.113.1'), 429);
  assert.notEqual(await begin('203.0.113.2'), 429);
});

/** What a device is told of where a request comes from. */
async function told({ port, forwarder }: TestRest, ...forwardedFor: string[]): Promise<string[]> {
  const fields = forwardedFor.length === 0 ? {} : forwarded(...forwardedFor);
  const { status } = await rawRequest(port, 'GET /api/devices/cam-1/proxy/', { ...AS_ALICE, ...fields });
  assert.equal(status, 200);
  const { headers } = forwarder.last.request;
  return headers.filter((_, i) => headers[i - (i % 2)] === 'x-forwarded-for' && i % 2 === 1);
}

test('a device is told who asks, then the proxies; what the caller claimed is left out', async (t) => {
  const api = await rest(t, true);
  assert.deepEqual(await told(api), ['127.0.0.1']);
  assert.deepEqual(await told(api, '203.0.113.1'), ['203.0.113.1, 127.0.0.1']);
  assert.deepEqual(await told(api, '192.0.2.1, 203.0.113.1, 10.0.0.9'), ['203.0.113.1, 10.0.0.9, 127.0.0.1']);
  assert.deepEqual(await told(api, '192.0.2.1, 203.0.113.1', '10.0.0.9'), [
    '203.0.113.1, 10.0.0.9, 127.0.0.1',
  ]);
  assert.deepEqual(await told(api, 'garbage'), ['127.0.0.1']);
  assert.deepEqual(await told(api, '203.0.113.1\xff, garb\xffage'), ['127.0.0.1']);
});

test('a device is told of no address that a caller claims who is no trusted proxy', async (t) => {
  const api = await rest(t, false);
  assert.deepEqual(await told(api, '192.0.2.1'), ['127.0.0.1']);
  assert.deepEqual(await told(api, '192.0.2.1', '10.0.0.9'), ['127.0.0.1']);
  const hidden = { ...AS_ALICE, ...forwarded('192.0.2.1'), connection: 'close, x-forwarded-for' };
  await rawRequest(api.port, 'GET /api/devices/cam-1/proxy/', hidden);
  assert.equal(api.forwarder.last.header('x-forwarded-for'), '127.0.0.1');
});

test('a caller who says that X-Forwarded-For is of the connection does not take it from us', async (t) => {
  const api = await rest(t, true);
  const fields = { ...forwarded('203.0.113.1'), connection: 'close, x-forwarded-for' };
  await rawRequest(api.port, 'GET /api/devices/cam-1/proxy/', { cookie: `user=${ALICE}`, ...fields });
  assert.equal(api.forwarder.last.header('x-forwarded-for'), '203.0.113.1, 127.0.0.1');
});
