import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { begin, forward, read } from './kit/internal-client.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { dial, ScriptedDevice } from './kit/scripted-device.js';

// uWebSockets.js throws at whatever is done with a response or a WebSocket that is over, which ends the process. Each test goes on
// after an end, and then asserts that the process is there: with the tunnel of a bystander.

let proxy: ProxyProcess;
let token: string;
let bystander: { readonly token: string; readonly device: ScriptedDevice };

before(async () => {
  proxy = await ProxyProcess.start({ hosts: 1 });
  const [first, second] = await proxy.provision(2);
  assert.ok(first !== undefined && second !== undefined);
  token = first.sessionToken;
  const device = await ScriptedDevice.connect(proxy.tunnelUrl, second.sessionToken);
  bystander = { token: second.sessionToken, device };
});
after(async () => {
  await bystander.device.close();
  await proxy.stop();
});

/** A call that `device` answers: what it wrote before has arrived. */
async function callOf(device: ScriptedDevice, credential: string): Promise<void> {
  const answered = forward(proxy, credential);
  const { stream } = await device.request();
  await stream.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere');
  stream.end();
  assert.equal((await answered).text, 'here');
}

function assertAlive(): Promise<void> {
  return callOf(bystander.device, bystander.token);
}

test('N1: an answer of 10 MB whose head comes before its body is whole', async () => {
  const device = await ScriptedDevice.connect(proxy.tunnelUrl, token);
  const sent = randomBytes(10 << 20);
  const answered = forward(proxy, token);
  const { stream } = await device.request();
  await stream.write(`HTTP/1.1 200 OK\r\nContent-Length: ${sent.length}\r\n\r\n`);
  await stream.write(sent);
  stream.end();
  assert.ok((await answered).body.equals(sent));
  await device.close();
  await assertAlive();
});

for (const [what, part] of [
  ['its head alone', ''],
  ['a part of its body', 'six by'],
] as const) {
  test(`N1: of an answer whose session is lost after ${what} the caller sees that it is not whole`, async () => {
    const device = await ScriptedDevice.connect(proxy.tunnelUrl, token);
    const answered = begin(proxy, token).then(read);
    const cut = assert.rejects(answered);
    const { stream } = await device.request();
    await stream.write('HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n');
    if (part !== '') await stream.write(part);
    await callOf(device, token);
    device.drop();
    await cut;
    await assertAlive();
  });
}

test('N1: a device that goes on after it was told 1003 is not heard', async () => {
  const socket = dial(proxy.tunnelUrl, { Authorization: `Bearer ${token}` });
  await once(socket, 'open');
  for (let n = 0; n < 100; n += 1) socket.send(n % 2 === 0 ? 'text' : Buffer.alloc(12));
  const [code] = await once(socket, 'close');
  assert.equal(code, 1003);
  await assertAlive();
});

test('N1: devices that hang up while they wait to be let in are not answered', async () => {
  const { port } = new URL(proxy.tunnelUrl);
  const hungUp = Array.from({ length: 200 }, async (_, n) => {
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    const credential = n % 2 === 0 ? token : 'nobody';
    socket.on('error', () => {});
    socket.write(
      `GET /tunnel/connect HTTP/1.1\r\nHost: cloud\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
        `Authorization: Bearer ${credential}\r\n\r\n`,
    );
    if (n % 3 === 0) socket.destroy();
    else socket.resetAndDestroy();
    await once(socket, 'close');
  });
  await Promise.all(hungUp);
  await assertAlive();
});
