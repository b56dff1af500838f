import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RestProcess } from './kit/rest-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';

/** `visiona up` with one device of alice, which answers one call. */
async function answered(t: TestContext, env: Readonly<Record<string, string>>) {
  const up = await RestProcess.start('up', env);
  t.after(() => up.close());
  const alice = await up.signIn('alice');
  const { userId } = await alice.me();
  const { deviceId, sessionToken } = await alice.pair();
  const device = await ScriptedDevice.connect(up.tunnelUrl, sessionToken);
  t.after(() => device.close());
  const path = `/api/devices/${deviceId}/proxy/frames`;
  const answer = alice.get(`${path}?key=hidden`);
  const { stream } = await device.request();
  await stream.answer('frame');
  const { status, headers, text } = await answer.then(async (got) => ({
    status: got.status,
    headers: got.headers,
    text: await got.text(),
  }));
  assert.deepEqual([status, text], [200, 'frame']);
  return { up, alice, device, userId, deviceId, path, requestId: headers.get('x-request-id') ?? '' };
}

test('O1: with the access log each request is one line, whatever the level; without its query and credentials', async (t) => {
  const env = { VISIONA_ACCESS_LOG: 'true', LOG_LEVEL: 'warn' };
  const { up, alice, device, userId, deviceId, path, requestId } = await answered(t, env);
  const { time: _, pid: __, ms, ...line } = await up.program.lineWith({ msg: 'request', requestId });
  assert.equal(typeof ms, 'number');
  assert.deepEqual(line, {
    level: 'info',
    requestId,
    method: 'GET',
    path,
    status: 200,
    bytes: 5,
    userId,
    deviceId,
    remoteAddr: '127.0.0.1',
    msg: 'request',
  });

  const refused = await fetch(up.url('/api/devices'));
  const id = refused.headers.get('x-request-id') ?? '';
  assert.equal((await up.program.lineWith({ msg: 'request', requestId: id })).status, 401);

  const aborting = new AbortController();
  const left = fetch(up.url(`${path}?left`), {
    headers: { cookie: alice.browser.cookieField(up.url('/')) },
    signal: aborting.signal,
  });
  await device.request();
  aborting.abort();
  await assert.rejects(left);
  assert.equal((await up.program.lineWith({ msg: 'request', ended: 'aborted' })).status, 0);

  const lines = up.program.output.split('\n').filter((each) => each.includes(`"requestId":"${requestId}"`));
  assert.equal(lines.length, 1);
  assert.doesNotMatch(up.program.output, /hidden/);
});

test('O1: without the access log a request that is answered is no line', async (t) => {
  const { up, requestId } = await answered(t, {});
  await up.program.stop();
  assert.ok(!up.program.output.includes(requestId));
});
