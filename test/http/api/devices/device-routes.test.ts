import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { StoreUnavailableError } from '../../../../src/store/ports/errors.js';
import type { DeviceId } from '../../../../src/store/ports/ids.js';
import { ProxyUnreachableError } from '../../../../src/tunnel/remote/proxy-failure.js';
import { admit } from '../../../support/admit.js';
import { ALICE, AS_ALICE, answer, BOB, rawRequest, send, TestRest } from '../../kit.js';

describe('devices', () => {
  let api: TestRest;
  beforeEach(async () => {
    api = await TestRest.start();
  });
  afterEach(() => api.close());

  async function ask(line: string, sent?: unknown) {
    const { status, body } = await send(api.port, line, sent);
    return { status, body: body === '' ? undefined : JSON.parse(body) };
  }

  /** Every device id of a list, part by part. */
  async function walk(query: string): Promise<string[][]> {
    const parts: string[][] = [];
    let cursor = '';
    do {
      const { status, body } = await ask(`GET /api/devices?${query}${cursor}`);
      assert.equal(status, 200);
      parts.push(body.items.map(({ deviceId }: { deviceId: string }) => deviceId));
      cursor = body.nextCursor === undefined ? '' : `&cursor=${body.nextCursor}`;
    } while (cursor !== '');
    return parts;
  }

  test('a device is told with its state', async () => {
    api.store.addDevice(ALICE, 'cam-3', {
      createdAt: 1000,
      lastConnectedAt: 2000,
      model: 'edge',
      labels: { line: '3' },
    });
    api.sessions.connect(ALICE, 'cam-3');
    const { body } = await ask('GET /api/devices/cam-3');
    assert.deepEqual(body, {
      deviceId: 'cam-3',
      name: 'name of cam-3',
      model: 'edge',
      labels: { line: '3' },
      createdAt: '1970-01-01T00:00:01.000Z',
      lastConnectedAt: '1970-01-01T00:00:02.000Z',
      online: true,
    });
    assert.equal((await ask('GET /api/devices/cam-1')).body.online, false);
    const list = (await ask('GET /api/devices')).body.items;
    assert.deepEqual(list, [(await ask('GET /api/devices/cam-1')).body, body]);
  });

  test('a list is walked by its cursors, in parts of any size', async () => {
    for (let n = 10; n < 70; n++) api.store.addDevice(ALICE, `dev-${n}`);
    const all = ['cam-1', ...Array.from({ length: 60 }, (_, i) => `dev-${i + 10}`)];
    for (const [query, parts] of [
      ['', 2],
      ['limit=1', 61],
      ['limit=61', 1],
      ['limit=200', 1],
    ] as const) {
      const walked = await walk(query);
      assert.deepEqual(walked.flat(), all);
      assert.equal(walked.length, parts, query);
    }
  });

  test('D3: a list begins with what lives, however many were deleted before, also where it is filtered', async () => {
    for (let n = 10_000; n < 10_000 + 3_000; n++) api.store.addDevice(ALICE, `dev-${n}`, { revokedAt: 1 });
    for (let n = 20_000; n < 20_000 + 2_000; n++) api.store.addDevice(ALICE, `dev-${n}`, { name: 'other' });
    api.store.addDevice(ALICE, 'dev-x', { name: 'wanted' });
    api.store.addDevice(ALICE, 'dev-y', { name: 'wanted' });
    assert.deepEqual((await walk('limit=200'))[0]?.slice(0, 2), ['cam-1', 'dev-20000']);
    assert.deepEqual(await walk('limit=1&q=wanted'), [['dev-x'], ['dev-y']]);
    assert.deepEqual(await walk('limit=2&q=wanted'), [['dev-x', 'dev-y']]);
  });

  test('?online= filters, and a part that is filtered goes on where it stopped', async () => {
    for (let n = 100; n < 160; n++) api.store.addDevice(ALICE, `dev-${n}`);
    api.sessions.connect(ALICE, 'dev-100');
    api.sessions.connect(ALICE, 'dev-159');
    assert.deepEqual((await walk('online=true&limit=2')).flat(), ['dev-100', 'dev-159']);
    assert.deepEqual((await walk('online=true')).flat(), ['dev-100', 'dev-159']);
    assert.equal((await walk('online=false&limit=7')).flat().length, 59);
    assert.equal((await ask('GET /api/devices?online=maybe')).body.code, 'validation');
  });

  test('?q= finds by a part of the name, together with the rest', async () => {
    for (const [i, name] of ['Line 3', 'line 4', 'gate'].entries())
      api.store.addDevice(ALICE, `dev-${i}`, { name });
    assert.deepEqual((await walk('q=INE%20&limit=1')).flat(), ['dev-0', 'dev-1']);
    api.sessions.connect(ALICE, 'dev-1');
    assert.deepEqual((await walk('q=ine%20&online=true')).flat(), ['dev-1']);
    assert.equal((await ask('GET /api/devices?q=')).body.code, 'validation');
  });

  test('a device is renamed and labelled; what is not told stays', async () => {
    const renamed = await ask('PATCH /api/devices/cam-1', { name: 'Gate \u{1F6AA}' });
    assert.equal(renamed.status, 200);
    assert.deepEqual(renamed.body, (await ask('GET /api/devices/cam-1')).body);
    await ask('PATCH /api/devices/cam-1', { labels: { a: '1', b: '2' } });
    const { body } = await ask('PATCH /api/devices/cam-1', { labels: { a: '3' } });
    assert.deepEqual([body.name, body.labels], ['Gate \u{1F6AA}', { a: '3' }]);
  });

  for (const change of [
    {},
    { name: '' },
    { name: '  ' },
    { name: '\u200b\u3000' },
    { name: 'a\nb' },
    { name: 'x'.repeat(129) },
    { name: 'half \ud83d' },
    { name: null },
    { labels: { 'a b': '1' } },
    { labels: { '': '1' } },
    { labels: { _a: '1' } },
    { labels: JSON.parse('{"__proto__":"1"}') },
    { labels: { a: 1 } },
    { labels: { a: 'x'.repeat(256) } },
    { labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, ''])) },
    { deviceId: 'cam-2' },
    { name: 'a', userId: BOB },
  ]) {
    test(`${JSON.stringify(change).slice(0, 40)} is no change of a device`, async () => {
      const before = api.store.rows('devices');
      const { status, body } = await ask('PATCH /api/devices/cam-1', change);
      assert.deepEqual([status, body.code], [400, 'validation']);
      assert.deepEqual(api.store.rows('devices'), before);
    });
  }

  test('rotating shows a new session token, once', async () => {
    const { status, body } = await ask('POST /api/devices/cam-1/credentials/rotate');
    assert.equal(status, 200);
    assert.equal(body.deviceId, 'cam-1');
    assert.match(body.sessionToken, /^[\w-]{43}$/);
    assert.equal((await admit(api.store, body.sessionToken))?.deviceId, 'cam-1');
    for (const path of ['/api/devices', '/api/devices/cam-1', '/api/devices/cam-1/events']) {
      assert.ok(!JSON.stringify((await ask(`GET ${path}`)).body).includes(body.sessionToken));
    }
  });

  test('the history of a device is walked from its newest event', async () => {
    for (const at of [1, 2, 3])
      api.store.addEvent(ALICE, 'cam-1', { eventId: `e-${at}`, kind: 'online', at });
    const first = (await ask('GET /api/devices/cam-1/events?limit=2')).body;
    const second = (await ask(`GET /api/devices/cam-1/events?limit=2&cursor=${first.nextCursor}`)).body;
    assert.deepEqual(first.items[0], { eventId: 'e-3', kind: 'online', at: '1970-01-01T00:00:00.003Z' });
    const ids = [...first.items, ...second.items].map(({ eventId }: { eventId: string }) => eventId);
    assert.deepEqual(ids, ['e-3', 'e-2', 'e-1']);
    assert.equal(second.nextCursor, undefined);
  });

  test('one answer reads a bounded part of the store', async () => {
    for (let n = 10_000; n < 15_000; n++) api.store.addDevice(ALICE, `dev-${n}`);
    api.store.calls.length = 0;
    const { body } = await ask('GET /api/devices?online=true&limit=1');
    assert.deepEqual([body.items, typeof body.nextCursor, api.store.calls.length], [[], 'string', 10]);
  });

  for (const cursor of ['', 'x', 'Li4v', '%00', 'Y2FtLTE=', 'a'.repeat(200)]) {
    test(`${JSON.stringify(cursor).slice(0, 20)} is no cursor`, async () => {
      const { status, body } = await ask(`GET /api/devices?cursor=${cursor}`);
      assert.deepEqual([status, body.errors[0].path], [400, 'cursor']);
    });
  }

  test('deleting revokes; afterwards there is nothing', async () => {
    assert.deepEqual(await ask('DELETE /api/devices/cam-1'), { status: 204, body: undefined });
    const [device] = api.store.sql<{ revoked_at: number }>(
      "SELECT revoked_at FROM devices WHERE id = 'cam-1'",
    );
    assert.equal(device?.revoked_at, api.store.now);
    assert.deepEqual(await walk(''), [[]]);
    for (const line of [
      'GET /api/devices/cam-1',
      'DELETE /api/devices/cam-1',
      'GET /api/devices/cam-1/ping',
    ]) {
      assert.equal((await ask(line)).body.code, 'device-not-found', line);
    }
  });

  test('ping sends a request through, and any answer will do', async () => {
    api.forwarder.serve = (call) => answer(call, '', { status: 404, bodyless: true });
    const { status, body } = await ask('GET /api/devices/cam-1/ping');
    assert.equal(status, 200);
    assert.ok(body.roundTripMs >= 0);
    const { target, request } = api.forwarder.last;
    assert.deepEqual(target, { by: 'device', deviceId: 'cam-1', owner: ALICE });
    assert.deepEqual([request.method, request.target], ['HEAD', '/']);
    assert.equal(api.forwarder.last.header('x-visiona-user'), ALICE);
  });

  test('ping fails as a call does', async () => {
    for (const code of ['device-offline', 'device-timeout', 'device-busy', 'proxy-unreachable'] as const) {
      api.forwarder.serve = (call) => call.sink.fail({ code, detail: 'why' });
      assert.equal((await ask('GET /api/devices/cam-1/ping')).body.code, code);
    }
  });

  test("system is the edge API's, as the device answers", async () => {
    api.forwarder.serve = (call) => answer(call, `{"path":"${call.request.target}"}`, { status: 203 });
    assert.deepEqual(await ask('GET /api/devices/cam-1/system?full=1'), {
      status: 203,
      body: { path: '/api/system?full=1' },
    });
    const head = await rawRequest(api.port, 'HEAD /api/devices/cam-1/system', AS_ALICE);
    assert.equal(head.status, 203);
    assert.equal((await ask('POST /api/devices/cam-1/system')).status, 405);
  });

  test('D1: nothing fails after a change is made: what is told as without effect had none', async () => {
    api.sessions.fault = new ProxyUnreachableError('down');
    const refused = await ask('PATCH /api/devices/cam-1', { name: 'gate' });
    assert.deepEqual([refused.status, refused.body.code], [503, 'proxy-unreachable']);
    assert.equal((await api.store.findDevice(ALICE, 'cam-1' as DeviceId))?.name, 'name of cam-1');
  });

  test('a store or a proxy that is down is 503', async () => {
    api.sessions.fault = new ProxyUnreachableError('down');
    assert.equal((await ask('GET /api/devices')).body.code, 'proxy-unreachable');
    api.store.fault = new StoreUnavailableError('down');
    assert.equal((await ask('GET /api/devices')).body.code, 'store-unavailable');
  });
});

describe('tunnel sessions', () => {
  let api: TestRest;
  beforeEach(async () => {
    api = await TestRest.start();
    for (const id of ['cam-1', 'cam-3', 'cam-4']) api.sessions.connect(ALICE, id);
    api.sessions.connect(BOB, 'cam-2');
  });
  afterEach(() => api.close());

  async function ask(line: string) {
    const { status, body } = await rawRequest(api.port, line, AS_ALICE);
    return { status, body: body === '' ? undefined : JSON.parse(body) };
  }

  test('a session is told without what opens it', async () => {
    const expected = {
      deviceId: 'cam-1',
      epoch: 3,
      connectedAt: '1970-01-01T00:00:01.000Z',
      lastHeartbeat: '1970-01-01T00:00:02.000Z',
      remoteAddr: '192.0.2.1',
      proxyNodeId: 'node-1',
    };
    assert.deepEqual(await ask('GET /api/sessions/cam-1'), { status: 200, body: expected });
    assert.deepEqual((await ask('GET /api/sessions?limit=1')).body.items, [expected]);
  });

  test('the list goes on at its cursor', async () => {
    const first = (await ask('GET /api/sessions?limit=2')).body;
    const second = (await ask(`GET /api/sessions?limit=2&cursor=${first.nextCursor}`)).body;
    const ids = [...first.items, ...second.items].map(({ deviceId }: { deviceId: string }) => deviceId);
    assert.deepEqual(ids, ['cam-1', 'cam-3', 'cam-4']);
    assert.equal(second.nextCursor, undefined);
  });

  test('closing closes exactly that session', async () => {
    const [session] = api.sessions.live;
    assert.equal((await ask('POST /api/sessions/cam-1/close')).status, 204);
    assert.deepEqual(api.sessions.closed, [session]);
    assert.equal((await ask('POST /api/sessions/cam-1/close')).body.code, 'session-not-found');
    assert.equal((await ask('GET /api/sessions/cam-1')).body.code, 'session-not-found');
  });
});
