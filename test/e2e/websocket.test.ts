import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { after, before, test } from 'node:test';
import type { WebSocket } from 'ws';
import { forward, read } from './kit/internal-client.js';
import { pattern } from './kit/pattern.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';
import { acceptWebSocket, type Bridged, callWebSocket, openWebSocket } from './kit/websocket-service.js';

const MIB = 1 << 20;

let proxy: ProxyProcess;
let token: string;
let device: ScriptedDevice;

before(async () => {
  proxy = await ProxyProcess.start({ hosts: 1 });
  token = (await proxy.device()).sessionToken;
  device = await ScriptedDevice.connect(proxy.tunnelUrl, token);
});
after(async () => {
  await device.close();
  await proxy.stop();
});

const open = (protocols: string[] = []): Promise<Bridged> => openWebSocket(proxy, token, device, protocols);

/** The next message. */
async function next(socket: WebSocket): Promise<{ data: Buffer; binary: boolean }> {
  const [data, binary] = await once(socket, 'message');
  return { data, binary };
}

async function closeOf(socket: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = await once(socket, 'close');
  return { code, reason: String(reason) };
}

async function close({ caller, device: accepted }: Bridged): Promise<void> {
  const closed = [closeOf(caller), closeOf(accepted)];
  caller.close(1000);
  await Promise.all(closed);
}

test('text and binary messages of every size pass both ways as they are', async () => {
  const bridged = await open(['second', 'first']);
  assert.equal(bridged.caller.protocol, 'second');
  const { caller, device: accepted } = bridged;
  for (const [from, to] of [
    [caller, accepted],
    [accepted, caller],
  ] as const) {
    for (const size of [0, 1, 125, 126, 65_535, 65_536, MIB]) {
      const bytes = Buffer.from(pattern(size, size));
      const heard = next(to);
      from.send(bytes);
      const { data, binary } = await heard;
      assert.ok(binary && data.equals(bytes), `${size} bytes`);
    }
    const heard = next(to);
    from.send('grüße 👋');
    const { data, binary } = await heard;
    assert.deepEqual([data.toString(), binary], ['grüße 👋', false]);
  }
  await close(bridged);
});

test('a message in fragments arrives whole, from either end', async () => {
  const bridged = await open();
  const { caller, device: accepted } = bridged;
  for (const [from, to] of [
    [caller, accepted],
    [accepted, caller],
  ] as const) {
    const heard = next(to);
    for (const part of ['one ', 'two ']) from.send(part, { fin: false });
    from.send('three', { fin: true });
    assert.equal((await heard).data.toString(), 'one two three');
  }
  await close(bridged);
});

test('many messages at once keep their order', async () => {
  const bridged = await open();
  const { caller, device: accepted } = bridged;
  accepted.on('message', (data: Buffer) => accepted.send(data));
  const heard: number[] = [];
  const all = new Promise<void>((resolve) => {
    caller.on('message', (data: Buffer) => {
      heard.push(Number(data));
      if (heard.length === 2000) resolve();
    });
  });
  for (let i = 0; i < 2000; i += 1) caller.send(String(i));
  await all;
  assert.deepEqual(
    heard,
    Array.from({ length: 2000 }, (_, i) => i),
  );
  await close(bridged);
});

test('close codes and reasons pass both ways', async () => {
  for (const [code, reason] of [
    [1000, ''],
    [1001, 'going'],
    [4321, 'grüße'],
  ] as const) {
    const fromCaller = await open();
    const atDevice = closeOf(fromCaller.device);
    fromCaller.caller.close(code, reason);
    assert.deepEqual({ ...(await atDevice), at: 'device' }, { code, reason, at: 'device' });

    const fromDevice = await open();
    const atCaller = closeOf(fromDevice.caller);
    fromDevice.device.close(code, reason);
    assert.deepEqual({ ...(await atCaller), at: 'caller' }, { code, reason, at: 'caller' });
  }
  const without = await open();
  const closed = closeOf(without.device);
  without.caller.close();
  assert.equal((await closed).code, 1005);
});

test('a caller that breaks off resets the device’s stream', async () => {
  const { caller, device: accepted } = await open();
  const closed = closeOf(accepted);
  accepted.on('error', () => {});
  caller.terminate();
  assert.equal((await closed).code, 1006);
});

test('a device that refuses is heard: its status, its fields, its body', async () => {
  const caller = callWebSocket(proxy, token, '/refused');
  const refused = once(caller, 'unexpected-response') as Promise<[unknown, IncomingMessage]>;
  caller.on('error', () => {});
  const { stream, head } = await device.request();
  assert.match(head, /^GET \/refused HTTP\/1.1\r\n/);
  assert.doesNotMatch(head, new RegExp(proxy.secret));
  await stream.answer('not you', 'HTTP/1.1 403 Forbidden\r\nX-Why: because\r\n');
  const [, message] = await refused;
  const answer = await read(message);
  assert.deepEqual([answer.status, answer.headers['x-why'], answer.text], [403, 'because', 'not you']);
});

test('a device without a tunnel is told as 503', async () => {
  const { sessionToken } = await proxy.device();
  const caller = callWebSocket(proxy, sessionToken, '/');
  caller.on('error', () => {});
  const [, message] = await once(caller, 'unexpected-response');
  assert.equal((await read(message)).status, 503);
});

test('a caller that does not read holds the device back, and gets all of it in the end', async () => {
  const bridged = await open();
  const { caller, device: accepted } = bridged;
  const idle = proxy.program.residentBytes;
  proxy.program.forgetPeak();
  caller.pause();
  const size = 256 << 10;
  const count = 512;
  let written = 0;
  const sent = (async () => {
    for (let i = 0; i < count; i += 1) {
      await new Promise((resolve) => accepted.send(pattern(i, size), resolve));
      written += 1;
    }
  })();
  // Calls pass on the same tunnel meanwhile; over many of them nothing more is taken of the device.
  let last = -1;
  for (let same = 0; same < 25; ) {
    const answer = forward(proxy, token);
    await (await device.stream()).answer('');
    await answer;
    same = written === last ? same + 1 : 0;
    last = written;
  }
  assert.ok(written < count / 2, `${written} of ${count} messages were taken`);
  let heard = 0;
  const all = new Promise<void>((resolve) => {
    caller.on('message', (data: Buffer) => {
      if (data.equals(pattern(heard, size))) heard += 1;
      if (heard === count) resolve();
    });
  });
  caller.resume();
  await sent;
  await all;
  const grown = proxy.program.peakBytes - idle;
  assert.ok(grown < 96 * MIB, `${Math.round(grown / MIB)} MiB`);
  await close(bridged);
});

test('a caller that sends faster than the device reads is closed with 1008', async () => {
  const { caller, device: accepted } = await open();
  accepted.on('error', () => {});
  accepted.pause();
  const closed = closeOf(caller);
  for (let i = 0; i < 64; i += 1) caller.send(pattern(i, MIB - 1));
  assert.equal((await closed).code, 1008);
  accepted.terminate();
});

test('a device that is lost closes its callers with 1014; one that breaks off one stream only that one', async () => {
  const [one, other] = [await open(), await open()];
  for (const { device: accepted } of [one, other]) accepted.on('error', () => {});
  const first = closeOf(one.caller);
  one.device.terminate();
  assert.equal((await first).code, 1014);
  other.caller.send('still here');
  assert.equal(String((await next(other.device)).data), 'still here');

  const second = closeOf(other.caller);
  device.drop();
  assert.equal((await second).code, 1014);
  device = await ScriptedDevice.connect(proxy.tunnelUrl, token);
});

test('a device that is lost before it accepts is told as 502', async () => {
  const caller = callWebSocket(proxy, token, '/');
  caller.on('error', () => {});
  const refused = once(caller, 'unexpected-response') as Promise<[unknown, IncomingMessage]>;
  await device.request();
  device.drop();
  const [, message] = await refused;
  const { status, text } = await read(message);
  assert.deepEqual([status, JSON.parse(text).code], [502, 'tunnel-lost-after-send']);
  device = await ScriptedDevice.connect(proxy.tunnelUrl, token);
  const again = callWebSocket(proxy, token, '/');
  const opened = once(again, 'open');
  const accepted = await acceptWebSocket(device);
  await opened;
  await close({ caller: again, device: accepted });
});
