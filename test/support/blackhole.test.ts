// The BlackHole relays bytes, and takes them away only when a test says so.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { BlackHole, type Link } from './blackhole.js';
import { settled } from './settled.js';

interface Ends {
  relay: BlackHole;
  link: Link;
  device: Socket;
  server: Socket;
}

/** Connects a device socket through the relay to a server socket. */
async function connected(t: TestContext): Promise<Ends> {
  const listener = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  // Later connections may get an error too: the end of the relay may reset them.
  listener.on('connection', (socket) => socket.on('error', () => socket.destroy()));
  await once(listener, 'listening');
  const relay = await BlackHole.start((listener.address() as AddressInfo).port);
  const accepted = once(listener, 'connection');
  const linked = relay.nextLink();
  const device = connect(relay.port, '127.0.0.1');
  const [server] = (await accepted) as [Socket];
  device.on('error', () => device.destroy());
  t.after(async () => {
    await relay.close();
    device.destroy();
    server.destroy();
    listener.close();
  });
  return { relay, link: await linked, device, server };
}

/** Waits for 'close'. Unlike `once`, this does not fail on the 'error' before it. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function read(socket: Socket, length: number): Promise<string> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (text.length >= length) break;
  }
  return text;
}

test('passes bytes both ways and a half-close', async (t) => {
  const { device, server } = await connected(t);
  device.write('up');
  assert.equal(await read(server, 2), 'up');
  device.end();
  server.resume();
  await once(server, 'end');
  server.write('down');
  assert.equal(await read(device, 4), 'down');
});

test('a hole swallows one direction, keeps both sockets open, and gives back what waited', async (t) => {
  const { link, device, server } = await connected(t);
  link.hole('up');
  device.write('lost');
  server.write('down');
  assert.equal(await read(device, 4), 'down');
  assert.equal(link.up.passed, 0);
  assert.equal(server.destroyed, false);
  link.resume('up');
  assert.equal(await read(server, 4), 'lost');
});

test('an end that dies behind a hole is not noticed by the other until the path is back', async (t) => {
  const { link, device, server } = await connected(t);
  link.hole();
  device.destroy();
  await once(device, 'close');
  let noticed = false;
  server.once('end', () => {
    noticed = true;
  });
  server.resume();
  server.write('anyone?');
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  assert.equal(noticed, false);
  link.resume();
  await once(server, 'end');
});

test('a hole leaves later connections alone; refuse resets them', async (t) => {
  const { relay } = await connected(t);
  relay.hole();
  const linked = relay.nextLink();
  const second = connect(relay.port, '127.0.0.1');
  const link = await linked;
  second.end('hello');
  second.resume();
  relay.refuse(true);
  const third = connect(relay.port, '127.0.0.1');
  const [error] = (await once(third, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNRESET');
  assert.equal(link.up.holed, false);
  second.destroy();
});

test('cut resets both ends', async (t) => {
  const { relay, device, server } = await connected(t);
  const closed = Promise.all([closing(device), closing(server)]);
  relay.cut();
  await closed;
  assert.equal(relay.links.length, 0);
});

test('delay holds bytes for at least its time, in order', async (t) => {
  const { relay, device, server } = await connected(t);
  relay.delay(30);
  const start = performance.now();
  device.write('a');
  device.write('b');
  assert.equal(await read(server, 2), 'ab');
  assert.ok(performance.now() - start >= 29);
});

test('backpressure goes through: a server that reads nothing stops the device', async (t) => {
  const { device, server, link } = await connected(t);
  const total = 48 << 20;
  device.end(Buffer.alloc(total));
  await settled(() => link.up.passed);
  assert.ok(link.up.passed < total / 2, `${link.up.passed} bytes were passed on`);
  let received = 0;
  for await (const chunk of server) received += (chunk as Buffer).length;
  assert.equal(received, total);
});
