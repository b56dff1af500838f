import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { forward, openCall, problemCode, read, response } from './kit/internal-client.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';

let proxy: ProxyProcess;
let token: string;
let device: ScriptedDevice;

before(async () => {
  proxy = await ProxyProcess.start();
  token = (await proxy.device()).sessionToken;
});
after(() => proxy.stop());
beforeEach(async () => {
  device = await ScriptedDevice.connect(proxy.tunnelUrl, token);
});

/** The device's newer connection, which takes the place of the one that holds the call. */
async function reconnect(): Promise<ScriptedDevice> {
  const newer = await ScriptedDevice.connect(proxy.tunnelUrl, token);
  assert.equal((await device.closed).code, 4000);
  return newer;
}

for (const method of ['GET', 'PUT', 'DELETE']) {
  test(`${method} that was with the old session is sent once more to the one that replaced it`, async () => {
    const call = forward(proxy, token, { method, target: '/again' });
    await device.request();
    const newer = await reconnect();
    const { stream, head } = await newer.request();
    assert.match(head, new RegExp(`^${method} /again HTTP/1.1\r\n`));
    await stream.answer('at last');
    assert.equal((await call).text, 'at last');
    await newer.close();
  });
}

for (const method of ['POST', 'PATCH']) {
  test(`${method} that may have reached the device is not sent again`, async () => {
    const call = forward(proxy, token, { method, body: 'once' });
    await device.request();
    const newer = await reconnect();
    const answer = await call;
    assert.equal(answer.status, 502);
    assert.equal(problemCode(answer), 'tunnel-lost-after-send');
    await newer.close();
  });
}

test('a small body is sent again whole', async () => {
  const call = forward(proxy, token, { method: 'PUT', body: 'x'.repeat(10_000) });
  await (await device.request()).stream.read(10_000);
  const newer = await reconnect();
  const { stream } = await newer.request();
  assert.equal(String(await stream.read(10_000)), 'x'.repeat(10_000));
  await stream.answer('stored');
  assert.equal((await call).text, 'stored');
  await newer.close();
});

test('a body that is too large to keep is not sent again in part', async () => {
  const call = openCall(proxy, token, { method: 'PUT', headers: { 'Content-Length': '200004' } });
  const answer = response(call).then(read);
  call.write('x'.repeat(200_000));
  const { stream } = await device.request();
  await stream.read(200_000);
  // Small enough to be kept, were it not for what went before it.
  call.end('tail');
  assert.equal(String(await stream.read(4)), 'tail');
  const newer = await reconnect();
  const refused = await answer;
  assert.equal(refused.status, 502);
  assert.equal(problemCode(refused), 'tunnel-lost-after-send');
  await newer.close();
});

test('a call that has begun to be answered is cut, not begun again', async () => {
  const call = openCall(proxy, token, { headers: { 'Content-Length': '0' } });
  const head = response(call);
  call.end();
  const { stream } = await device.request();
  await stream.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
  const message = await head;
  const newer = await reconnect();
  await assert.rejects(read(message));
  await newer.close();
});

test('a call for a device that says GoAway is refused at once', async () => {
  device.session.goAway();
  const refused = await forward(proxy, token);
  assert.equal(refused.status, 503);
  assert.equal(problemCode(refused), 'stream-refused');
  await device.close();
});

test('a device that breaks off before its answer: the call may have reached it', async () => {
  const call = forward(proxy, token, { method: 'POST' });
  await device.request();
  device.drop();
  const answer = await call;
  assert.equal(answer.status, 502);
  assert.equal(problemCode(answer), 'tunnel-lost-after-send');
  const offline = await forward(proxy, token);
  assert.equal(offline.status, 503);
  assert.equal(problemCode(offline), 'device-offline');
  assert.ok(Number(offline.headers['retry-after']) > 0);
});
