import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import type { BridgeSink } from '../../src/contract/websocket.js';
import { DeviceLookup } from '../../src/devices/own-device.js';
import { ActiveRequests } from '../../src/http/active-requests.js';
import { deviceCallRoutes } from '../../src/http/api/device-calls/device-call-routes.js';
import { Metrics } from '../../src/observability/metrics.js';
import { CallRecorder } from '../../src/server/call-recorder.js';
import { TrustedProxies } from '../../src/server/trusted-proxies.js';
import type { SignInId } from '../../src/store/ports/ids.js';
import { Stand } from '../auth/stand.js';
import { TestStore } from '../support/test-store.js';
import { ALICE, AS_ALICE, BOB, type FakeCall, FakeForwarder, head, rawRequest } from './kit.js';
import { OWN_ORIGIN, startRoutes } from './routed.js';

const SIGN_IN = new Set([`sign-in-of-${ALICE}` as SignInId]);
const BY_COOKIE = { cookie: `user=${ALICE}` };

describe('what a session began ends with it', () => {
  let open: ActiveRequests;
  let metrics: Metrics;
  let forwarder: FakeForwarder;
  let store: TestStore;
  let api: Awaited<ReturnType<typeof startRoutes>>;

  beforeEach(async () => {
    open = new ActiveRequests();
    metrics = new Metrics();
    forwarder = new FakeForwarder();
    store = await TestStore.open();
    store.addDevice(ALICE, 'cam-1');
    store.addDevice(BOB, 'cam-2');
    const calls = deviceCallRoutes({
      open,
      forwarder,
      devices: new DeviceLookup(store),
      calls: new CallRecorder(metrics),
      proxies: new TrustedProxies(),
      scheme: 'http',
    });
    api = await startRoutes(calls);
  });
  afterEach(() => {
    api.close();
    return store.close();
  });

  /** Sends a request to a device and resolves when the forwarder has it. */
  async function begin(
    fields: Record<string, string>,
    device = 'cam-1',
  ): Promise<{ socket: Socket; call: FakeCall }> {
    const began = new Promise<FakeCall>((resolve) => {
      forwarder.serve = resolve;
    });
    const socket = connect(api.port, '127.0.0.1');
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`GET /api/devices/${device}/proxy/stream HTTP/1.1\r\nhost: a\r\n${lines.join('')}\r\n`);
    return { socket, call: await began };
  }

  test('an answer that streams is cut, and its stream to the device is reset', async () => {
    const { socket, call } = await begin(BY_COOKIE);
    call.sink.head(head(), Buffer.from('first'), false);
    await once(socket, 'data');
    assert.equal(open.size, 1);
    open.ended(new Set(['another' as SignInId]));
    assert.equal(open.size, 1);
    open.ended(SIGN_IN);
    await once(socket, 'close');
    assert.ok(call.aborted);
    assert.equal(open.size, 0);
  });

  test('a call that waits for its answer is cut', async () => {
    const { socket, call } = await begin(BY_COOKIE);
    open.ended(SIGN_IN);
    await once(socket, 'close');
    assert.ok(call.aborted);
    assert.equal(open.size, 0);
  });

  test('a call that began while the session ended gets 401', async () => {
    let release = (): void => {};
    const asked = new Promise<void>((resolve) => {
      store.before.set('findDevice', () => {
        resolve();
        return new Promise<void>((go) => {
          release = go;
        });
      });
    });
    const answer = rawRequest(api.port, 'GET /api/devices/cam-1/proxy/x', BY_COOKIE);
    await asked;
    open.ended(SIGN_IN);
    assert.equal((await answer).status, 401);
    release();
    assert.equal(forwarder.calls.length, 0);
  });

  test("another's, and those by an access token, go on", async () => {
    const bobs = await begin({ cookie: `user=${BOB}` }, 'cam-2');
    const byToken = await begin(AS_ALICE);
    assert.equal(open.size, 2);
    open.ended(SIGN_IN);
    for (const { socket, call } of [bobs, byToken]) {
      call.sink.head(head({ contentLength: 2 }), Buffer.from('ok'), true);
      let answer = '';
      while (!answer.endsWith('\r\n\r\nok')) answer += String((await once(socket, 'data'))[0]);
      socket.destroy();
    }
  });

  test('where nobody knows which ended, all are cut', async () => {
    const [first, second] = [await begin(BY_COOKIE), await begin({ cookie: `user=${BOB}` }, 'cam-2')];
    open.ended(undefined);
    await Promise.all([once(first.socket, 'close'), once(second.socket, 'close')]);
    assert.equal(open.size, 0);
  });

  test('whatever way a call ends, nothing of it is kept', async () => {
    const ended = async (line: string, serve: (call: FakeCall) => void) => {
      forwarder.serve = serve;
      const answers = [
        await rawRequest(api.port, line, BY_COOKIE),
        await rawRequest(api.port, line, AS_ALICE),
      ];
      assert.equal(open.size, 0, line);
      assert.equal(answers[0]?.status, answers[1]?.status);
      return answers[0]?.status;
    };
    const hello = (call: FakeCall) => call.sink.head(head({ contentLength: 2 }), Buffer.from('hi'), true);
    assert.equal(await ended('GET /api/devices/cam-1/proxy/x', hello), 200);
    assert.equal(await ended('GET /api/devices/cam-2/proxy/x', hello), 404);
    const offline = (call: FakeCall) => call.sink.fail({ code: 'device-offline', detail: '' });
    assert.equal(await ended('GET /api/devices/cam-1/proxy/x', offline), 503);
    const { socket, call } = await begin(BY_COOKIE);
    socket.destroy();
    await call.until(({ aborted }) => aborted);
    assert.equal(open.size, 0);
    store.fault = new Error('bug');
    assert.equal(await ended('GET /api/devices/none/proxy/x', hello), 500);
  });

  /** A WebSocket that the device accepts. */
  async function bridge(): Promise<{ ws: WebSocket; sink: BridgeSink; closedWith: Promise<number> }> {
    let sink: BridgeSink | undefined;
    const closedWith = new Promise<number>((resolve) => {
      forwarder.bridgeWith = (_request, given) => {
        sink = given;
        queueMicrotask(() => given.opened(''));
        return { message: () => true, consumed() {}, close: (code) => resolve(code) };
      };
    });
    const ws = new WebSocket(`ws://127.0.0.1:${api.port}/api/devices/cam-1/proxy/ws`, {
      headers: { ...BY_COOKIE, origin: OWN_ORIGIN },
    });
    await once(ws, 'open');
    assert.ok(sink !== undefined);
    return { ws, sink, closedWith };
  }

  test('a WebSocket is closed with 1008 on both sides', async () => {
    const { ws, closedWith } = await bridge();
    assert.equal(open.size, 1);
    open.ended(SIGN_IN);
    const [code, reason] = await once(ws, 'close');
    assert.deepEqual([code, String(reason)], [1008, 'the session or token has ended']);
    assert.equal(await closedWith, 1008);
    assert.equal(open.size, 0);
  });

  test('whatever way a WebSocket ends, nothing of it is kept', async () => {
    const byCaller = await bridge();
    byCaller.ws.close();
    await byCaller.closedWith;
    assert.equal(open.size, 0);
    const byDevice = await bridge();
    byDevice.sink.closed(1000, '');
    await once(byDevice.ws, 'close');
    assert.equal(open.size, 0);
    for (const device of ['cam-1', 'cam-2']) {
      forwarder.bridgeWith = (_request, sink) => {
        queueMicrotask(() => sink.fail({ code: 'device-offline', detail: '' }));
        return { message: () => true, consumed() {}, close() {} };
      };
      const ws = new WebSocket(`ws://127.0.0.1:${api.port}/api/devices/${device}/proxy/ws`, {
        headers: { ...BY_COOKIE, origin: OWN_ORIGIN },
      });
      await once(ws, 'error');
      assert.equal(open.size, 0);
    }
    const { streams, answered, failed, aborted } = metrics;
    assert.deepEqual([streams, answered[1], failed['device-offline'], aborted], [0, 2, 1, 0]);
  });
});

test('a WebSocket of somebody who signs out is closed', async () => {
  const stand = await Stand.start();
  try {
    const browser = await stand.signedIn();
    const { userId, sessionId } = await browser.me();
    stand.store.addDevice(userId as typeof ALICE, 'cam-9');
    stand.rest.forwarder.bridgeWith = (_request, sink) => {
      queueMicrotask(() => sink.opened(''));
      return { message: () => true, consumed() {}, close() {} };
    };
    const ws = new WebSocket(`ws://127.0.0.1:${stand.port}/api/devices/cam-9/proxy/ws`, {
      headers: { cookie: browser.cookie, origin: stand.origin },
    });
    await once(ws, 'open');
    const closed = once(ws, 'close');
    assert.equal((await browser.send('POST /api/auth/logout')).status, 200);
    stand.store.report(sessionId as SignInId);
    assert.equal((await closed)[0], 1008);
  } finally {
    await stand.close();
  }
});

test('a WebSocket and an answer by an access token end with it', async () => {
  const audience = 'https://api.visiona.example';
  const stand = await Stand.start({ audience });
  try {
    const { userId } = await (await stand.signedIn()).me();
    stand.store.addDevice(userId as typeof ALICE, 'cam-9');
    stand.rest.forwarder.bridgeWith = (_request, sink) => {
      queueMicrotask(() => sink.opened(''));
      return { message: () => true, consumed() {}, close() {} };
    };
    stand.rest.forwarder.serve = (call) => call.sink.head(head(), Buffer.from('first'), false);
    // It is good for the 5 s by which the clocks may differ.
    const exp = Math.floor(Date.now() / 1000);
    const claims = { sub: 'alice', aud: audience, client_id: 'script', jti: 'x', exp };
    const token = await stand.provider.sign(claims, { alg: 'RS256', kid: 'key-1', typ: 'at+jwt' });
    const headers = { authorization: `Bearer ${token}` };
    const ws = new WebSocket(`ws://127.0.0.1:${stand.port}/api/devices/cam-9/proxy/ws`, { headers });
    await once(ws, 'open');
    const closed = once(ws, 'close');
    const answer = await fetch(`http://127.0.0.1:${stand.port}/api/devices/cam-9/proxy/stream`, { headers });
    assert.equal(answer.status, 200);
    await assert.rejects(answer.text());
    const [code, reason] = await closed;
    assert.deepEqual([code, String(reason)], [1008, 'the session or token has ended']);
  } finally {
    await stand.close();
  }
});
