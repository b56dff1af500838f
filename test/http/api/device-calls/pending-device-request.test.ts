import type { HttpRequest, HttpResponse, us_socket_context_t } from 'uWebSockets.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Principal } from '../../../../src/auth/authenticator.js';
import { NO_CALL, type Target } from '../../../../src/contract/call.js';
import { NO_BRIDGE } from '../../../../src/contract/websocket.js';
import { DeviceBridge } from '../../../../src/http/api/device-calls/device-bridge.js';
import { DeviceCall } from '../../../../src/http/api/device-calls/device-call.js';
import {
  type DeviceCallNeeds,
  readDeviceHeaders,
  WHOLE_DEVICE,
} from '../../../../src/http/api/device-calls/device-request.js';
import type { HttpContext } from '../../../../src/http/http-context.js';
import { ALICE } from '../../kit.js';

const USER: Principal = { userId: ALICE, via: 'bearer', endsAt: Number.POSITIVE_INFINITY };

/** A request of alice to a device, and what becomes of it. */
class Stand {
  /** What is known of whose device it is without asking; `owned`: what the store says. */
  known = false;
  owned = true;
  over = false;
  readonly forwarded: Target[] = [];
  readonly problems: string[] = [];
  /** Active requests: added and not removed. */
  active = 0;
  readonly req = {
    getParameter: () => 'cam-1',
    getQuery: () => undefined,
    getHeader: () => '',
    forEach: () => {},
  } as unknown as HttpRequest;
  readonly needs = {
    devices: { peek: () => this.known, has: () => Promise.resolve(this.owned) },
    forwarder: {
      forward: (target: Target) => {
        this.forwarded.push(target);
        return NO_CALL;
      },
      bridge: (target: Target) => {
        this.forwarded.push(target);
        return NO_BRIDGE;
      },
    },
    calls: { began: () => {}, answered: () => {}, ended: () => {} },
    open: { add: () => (this.active += 1), remove: () => (this.active -= 1) },
    proxies: { hops: () => ['127.0.0.1'] },
    scheme: 'http',
  } as unknown as DeviceCallNeeds;

  readonly context = ((stand: Stand) => ({
    res: {
      getRemoteAddressAsText: () => new TextEncoder().encode('127.0.0.1').buffer,
      onAborted: () => {},
    } as unknown as HttpResponse,
    path: '/api/devices/cam-1/proxy/x',
    requestId: 'r',
    method: 'GET',
    get over() {
      return stand.over;
    },
    onAbort: () => {},
    problem: (code: string) => stand.problems.push(code),
  }))(this) as unknown as HttpContext;
}

for (const [kind, begin] of [
  [
    'a call',
    ({ needs, context, req }: Stand) =>
      new DeviceCall(needs, context, req, readDeviceHeaders(req), WHOLE_DEVICE),
  ],
  [
    'a WebSocket',
    ({ needs, context, req }: Stand) =>
      new DeviceBridge(needs, context, req, readDeviceHeaders(req), {} as us_socket_context_t),
  ],
] as const) {
  test(`${kind} to a device that is known to be the user's is forwarded at once`, () => {
    const stand = new Stand();
    stand.known = true;
    assert.equal(begin(stand).run(USER), undefined);
    assert.deepEqual(stand.forwarded, [{ by: 'device', deviceId: 'cam-1', owner: ALICE }]);
    assert.equal(stand.active, 1);
  });

  test(`${kind} to another device waits for the store`, async () => {
    const stand = new Stand();
    const asked = begin(stand).run(USER);
    assert.deepEqual(stand.forwarded, []);
    await asked;
    assert.equal(stand.forwarded.length, 1);
    assert.equal(stand.active, 1);
  });

  test(`${kind} to a device that is not the user's is device-not-found`, async () => {
    const stand = new Stand();
    stand.owned = false;
    await begin(stand).run(USER);
    assert.deepEqual([stand.forwarded, stand.problems], [[], ['device-not-found']]);
    assert.equal(stand.active, 0);
  });

  test(`${kind} whose caller left while the store was asked is not forwarded`, async () => {
    const stand = new Stand();
    const asked = begin(stand).run(USER);
    stand.over = true;
    await asked;
    assert.deepEqual([stand.forwarded, stand.problems], [[], []]);
    assert.equal(stand.active, 0);
  });

  test(`${kind} whose session ends before it is forwarded is unauthorized`, () => {
    const stand = new Stand();
    const request = begin(stand);
    void request.run(USER);
    request.abort();
    assert.deepEqual(stand.problems, ['unauthorized']);
  });
}
