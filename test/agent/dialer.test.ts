import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { connectUrl } from '../../src/agent/dial.js';
import { Dialer } from '../../src/agent/dialer.js';
import { makeConfig } from '../../src/tunnel/yamux/config.js';
import { ManualClock, until } from '../actors/kit.js';
import { type Refusal, Relay } from '../support/relay.js';
import type { RelayTunnel } from '../support/relay-tunnel.js';
import { startRelay, startTcp } from './device.js';
import { logCapture } from './log-capture.js';

/** A running dialer on fake time, with the highest jitter; it is drained with the test. */
function startDialer(t: TestContext, url: URL, token: () => string = () => 'token') {
  const clock = new ManualClock();
  const { log, lines } = logCapture();
  const dialer = new Dialer({
    url: connectUrl(url),
    token,
    service: (stream) => stream.on('error', () => {}).pipe(stream),
    tokenFile: 'device-token',
    yamux: makeConfig({}),
    clock,
    random: () => 1,
    log,
  });
  const running = dialer.run();
  t.after(async () => {
    await dialer.drain(0);
    await running;
  });
  return { dialer, clock, lines, running };
}

/** Waits until the dialer sleeps, alone. @returns how long, and what lets that time pass */
async function nextSleep(clock: ManualClock) {
  await until(() => clock.pending === 1);
  const ms = clock.untilNext;
  return { ms, wake: () => clock.advance(ms) };
}

/** A relay that refuses every dial as the list says, then accepts. */
function refusing(t: TestContext, refusals: Refusal[]): Promise<Relay> {
  return startRelay(t, { decide: () => refusals.shift() });
}

/** Fulfilled when the device echoes through the tunnel: its end is up, too. */
async function served(tunnel: RelayTunnel): Promise<void> {
  const stream = tunnel.open();
  stream.end('hello');
  assert.equal(String((await once(stream, 'data'))[0]), 'hello');
}

test('dials /tunnel/connect with the credential in the header only', async (t) => {
  const relay = await startRelay(t);
  startDialer(t, relay.url, () => 'vis_secret');
  const { request } = await relay.tunnel();
  assert.equal(request.url, '/tunnel/connect');
  assert.equal(request.headers.authorization, 'Bearer vis_secret');
  assert.match(request.headers['user-agent'] ?? '', /^visiona-agent\//);
  assert.equal(request.headers['sec-websocket-extensions'], undefined);
});

test('a tunnel URL may have a path of its own', () => {
  assert.equal(connectUrl(new URL('wss://edge.example/eu/')).href, 'wss://edge.example/eu/tunnel/connect');
  assert.equal(connectUrl(new URL('ws://127.0.0.1:3800')).href, 'ws://127.0.0.1:3800/tunnel/connect');
});

test('a refused credential is tried slowly, and a new one is taken up', async (t) => {
  const relay = await startRelay(t, {
    decide: ({ headers }) => (headers.authorization === 'Bearer good' ? undefined : { status: 401 }),
  });
  let token = 'revoked';
  const { clock, lines } = startDialer(t, relay.url, () => token);
  const sleep = await nextSleep(clock);
  assert.ok(sleep.ms >= 30_000);
  assert.match(lines[0]?.msg ?? '', /pair the device again/);
  assert.doesNotMatch(JSON.stringify(lines), /revoked"/);
  token = 'good';
  sleep.wake();
  await relay.tunnel();
});

test('429 and 503 wait as long as Retry-After says', async (t) => {
  const relay = await refusing(t, [
    { status: 503, headers: { 'Retry-After': '7' } },
    { status: 429, headers: { 'Retry-After': '3' } },
  ]);
  const { clock } = startDialer(t, relay.url);
  const first = await nextSleep(clock);
  assert.equal(first.ms, 7_100);
  first.wake();
  const second = await nextSleep(clock);
  assert.equal(second.ms, 3_200);
  second.wake();
  await relay.tunnel();
});

test('a relay that is down is dialled with growing delays until it is back, then the tunnel works', async (t) => {
  const gone = await Relay.start();
  const { port } = gone;
  const { clock } = startDialer(t, gone.url);
  await gone.tunnel();
  await gone.close();
  for (const ceiling of [100, 200, 400, 800]) {
    const sleep = await nextSleep(clock);
    assert.equal(sleep.ms, ceiling);
    sleep.wake();
  }
  const last = await nextSleep(clock);
  const back = await startRelay(t, { port });
  last.wake();
  await served(await back.tunnel());
});

test('a tunnel that lived starts the backoff from the shortest delay again', async (t) => {
  const relay = await refusing(t, [{ status: 500 }, { status: 500 }]);
  const { clock } = startDialer(t, relay.url);
  for (const ceiling of [100, 200]) {
    const sleep = await nextSleep(clock);
    assert.equal(sleep.ms, ceiling);
    sleep.wake();
  }
  const tunnel = await relay.tunnel();
  await served(tunnel);
  clock.advance(10_000);
  tunnel.close(1012, 'host restarted');
  assert.equal((await nextSleep(clock)).ms, 100);
});

test('a tunnel that dies at once, again and again, is no tight loop', async (t) => {
  const relay = await startRelay(t);
  const { clock } = startDialer(t, relay.url);
  for (const ceiling of [100, 200, 400]) {
    (await relay.tunnel()).close(1011);
    const sleep = await nextSleep(clock);
    assert.equal(sleep.ms, ceiling);
    sleep.wake();
  }
});

test('a device that was replaced does not dial at once, and says why', async (t) => {
  const relay = await startRelay(t);
  const { clock, lines } = startDialer(t, relay.url);
  (await relay.tunnel()).close(4000, 'replaced');
  const sleep = await nextSleep(clock);
  assert.ok(sleep.ms >= 30_000);
  assert.match(lines.at(-1)?.msg ?? '', /two devices share one credential/);
  assert.equal(relay.dials, 1);
});

test('a revoked credential (1008) waits as a refused one does', async (t) => {
  const relay = await startRelay(t);
  const { clock } = startDialer(t, relay.url);
  (await relay.tunnel()).close(1008, 'revoked');
  assert.ok((await nextSleep(clock)).ms >= 30_000);
});

test('an answer that is no WebSocket handshake is a failure like any other', async (t) => {
  const { host } = await startTcp(t, (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
  const { clock, lines } = startDialer(t, new URL(`ws://${host}`));
  assert.equal((await nextSleep(clock)).ms, 100);
  assert.match(lines[0]?.msg ?? '', /cannot be reached/);
});

test('a drain ends a wait', async (t) => {
  const relay = await refusing(t, [{ status: 401 }]);
  const { dialer, clock, running } = startDialer(t, relay.url);
  await nextSleep(clock);
  await dialer.drain(1_000);
  await running;
  assert.equal(relay.dials, 1);
});

test('a drain ends a dial that gets no answer', async (t) => {
  let connected = (): void => {};
  const connection = new Promise<void>((resolve) => {
    connected = resolve;
  });
  const { host } = await startTcp(t, (socket) => {
    socket.resume();
    connected();
  });
  const { dialer, running } = startDialer(t, new URL(`ws://${host}`));
  await connection;
  await dialer.drain(1_000);
  await running;
});

test('a drain closes the tunnel with 1000 and dials no more', async (t) => {
  const relay = await startRelay(t);
  const { dialer, running } = startDialer(t, relay.url);
  const tunnel = await relay.tunnel();
  await served(tunnel);
  await dialer.drain(1_000);
  await running;
  assert.equal((await tunnel.closed).code, 1000);
  assert.equal(relay.dials, 1);
});

test('an unusable credential source ends the run', async (t) => {
  const relay = await startRelay(t);
  const failure = new Error('disk gone');
  const dialer = new Dialer({
    url: connectUrl(relay.url),
    token: () => {
      throw failure;
    },
    service: () => {},
    tokenFile: 'device-token',
    yamux: makeConfig({}),
    clock: new ManualClock(),
    random: () => 0,
    log: logCapture().log,
  });
  await assert.rejects(dialer.run(), failure);
});
