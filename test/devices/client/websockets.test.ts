// These are the WebSockets of the device client over each forwarder: order, credit, floods, and every way to an end.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { WebSocket } from 'ws';
import { UNREAD } from '../../../src/contract/websocket.js';
import { type DeviceMessage, MAX_WAITING_MESSAGES } from '../../../src/devices/client/device-websocket.js';
import { DeviceStatusError } from '../../../src/devices/client/errors.js';
import { settled } from '../../support/settled.js';
import type { HttpDevice } from '../../tunnel/forward/http-device.js';
import { behaviour, failsWith, is, MIB, NOWHERE, showOverEachForwarder, Watched, WITH } from './kit.js';

/** The device's side of the next WebSocket. */
function accepted(device: HttpDevice): Promise<WebSocket> {
  return new Promise((resolve) => {
    device.serveSocket = resolve;
  });
}

const EVENTS = { ...WITH, path: '/ws/events' } as const;

behaviour('messages of both kinds go both ways, in their order', async ({ client, device, camera }) => {
  device.serveSocket = (socket, req) => {
    assert.equal(req.url, '/ws/events');
    assert.equal(req.headers['x-visiona-user'], 'user');
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  };
  const socket = await client.subscribe(camera, { ...EVENTS, protocols: ['one', 'two'] });
  assert.equal(socket.protocol, 'two');
  const sent: DeviceMessage[] = ['héllo', Buffer.from([1, 2]), '', Buffer.alloc(300_000, 7), 'end'];
  for (const message of sent) socket.send(message);
  const got: DeviceMessage[] = [];
  for await (const message of socket) {
    got.push(message);
    if (got.length === sent.length) break;
  }
  assert.deepEqual(got, sent);
});

behaviour("the device's close ends the loop after all that it sent", async ({ client, device, camera }) => {
  device.serveSocket = (socket) => {
    for (let i = 0; i < 10; i++) socket.send(String(i));
    socket.close(4404, 'module-not-found');
  };
  const watched = new Watched();
  const socket = await client.subscribe(camera, { ...EVENTS, signal: watched.signal });
  await settled(() => (socket.closedBy === undefined ? 0 : 1), 1);
  const got: DeviceMessage[] = [];
  for await (const message of socket) got.push(message);
  assert.equal(got.join(''), '0123456789');
  assert.deepEqual(socket.closedBy, { code: 4404, reason: 'module-not-found' });
  assert.equal(watched.listeners, 0);
  socket.send('too late');
});

behaviour('a loop that is left, a close and a signal each close it', async ({ client, device, camera }) => {
  for (const [how, code] of [
    ['left', 1000],
    ['closed', 4001],
    ['aborted', 1001],
  ] as const) {
    const peer = accepted(device);
    const watched = new Watched();
    const socket = await client.subscribe(camera, { ...EVENTS, signal: watched.signal });
    const end = once(await peer, 'close');
    (await peer).send('one');
    const read = (async () => {
      for await (const message of socket) {
        assert.equal(message, 'one');
        if (how === 'left') break;
        if (how === 'closed') socket.close(4001, 'bye');
        else watched.abort();
      }
    })();
    if (how === 'aborted') await assert.rejects(read, is(watched.reason));
    else await read;
    assert.equal((await end)[0], code);
    assert.equal(watched.listeners, 0);
    assert.equal(socket.closedBy, undefined);
  }
});

behaviour(
  'a signal and a deadline end a handshake that is not answered',
  async ({ client, camera, fixture }) => {
    const mute = new EventEmitter();
    const device = await fixture.rawDevice('mute', (stream) => {
      stream.resume().once('close', () => mute.emit('closed'));
      mute.emit('arrived');
    });
    const called = { ...camera, deviceId: 'mute' as typeof camera.deviceId };
    const watched = new Watched();
    const [arrived, closed] = [once(mute, 'arrived'), once(mute, 'closed')];
    const subscribed = client.subscribe(called, { ...EVENTS, signal: watched.signal });
    const rejected = assert.rejects(subscribed, is(watched.reason));
    await arrived;
    watched.abort();
    await Promise.all([rejected, closed]);
    const other = new Watched();
    const late = client.subscribe(called, { ...EVENTS, signal: other.signal, deadlineMs: 50 });
    await assert.rejects(late, failsWith('device-timeout'));
    assert.deepEqual([watched.listeners, other.listeners], [0, 0]);
    await device.close();
  },
);

behaviour(
  "the device's refusal is an error with its status and document",
  async ({ client, device, camera }) => {
    const body = '{"code":"camera-not-found"}';
    device.refusal = `HTTP/1.1 404 No\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    await assert.rejects(client.subscribe(camera, EVENTS), (error: unknown) => {
      assert.ok(error instanceof DeviceStatusError);
      assert.deepEqual([error.status, error.document?.code], [404, 'camera-not-found']);
      return true;
    });
    device.refusal = 'nonsense\r\n\r\n';
    await assert.rejects(client.subscribe(camera, EVENTS), failsWith('bad-device-response'));
    await assert.rejects(client.subscribe(NOWHERE, EVENTS), failsWith('device-offline'));
  },
);

behaviour('a tunnel that is lost under it fails its loop', async ({ client, device, camera }) => {
  const socket = await client.subscribe(camera, EVENTS);
  await device.close();
  await assert.rejects(
    socket[Symbol.asyncIterator]().next() as Promise<unknown>,
    failsWith('tunnel-lost-after-send'),
  );
});

behaviour(
  'a reader that waits holds the device back, and gets all in the end',
  async ({ client, device, camera }) => {
    const count = 640;
    let taken = 0;
    device.serveSocket = async (socket) => {
      for (let i = 0; i < count; i++) {
        await new Promise((sent) => socket.send(Buffer.alloc(65_536, i), sent));
        taken += 1;
      }
      socket.close(1000);
    };
    const socket = await client.subscribe(camera, EVENTS);
    await settled(() => taken);
    assert.ok(taken < count, 'the device was not held back');
    let at = 0;
    for await (const message of socket) {
      assert.deepEqual([message.length, message[0]], [65_536, at % 256]);
      at += 1;
    }
    assert.equal(at, count);
  },
);

behaviour('a flood of empty messages, which hold no credit, ends it', async ({ client, device, camera }) => {
  const peer = accepted(device);
  const socket = await client.subscribe(camera, EVENTS);
  const end = once(await peer, 'close');
  for (let i = 0; i < 2 * MAX_WAITING_MESSAGES; i++) (await peer).send('');
  assert.equal((await end)[0], 1008);
  await assert.rejects(async () => {
    for await (const _message of socket) assert.fail('it was dropped');
  }, failsWith('overloaded'));
});

behaviour('a device that does not read ends it', async ({ client, device, camera }) => {
  device.serveSocket = (socket) => socket.pause();
  const socket = await client.subscribe(camera, EVENTS);
  const chunk = Buffer.alloc(MIB);
  const little = Buffer.alloc(1);
  const sendAll = async (): Promise<void> => {
    for (let sent = 0; socket.closedBy === undefined; sent++) {
      socket.send(sent < 256 ? chunk : little);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const read = async (): Promise<void> => {
    for await (const _message of socket) assert.fail('nothing was sent');
  };
  const [sending, reading] = await Promise.allSettled([sendAll(), read()]);
  // Where remote-proxy reads ahead, as on Node 22 and later, it has too much first, and closes.
  if (socket.closedBy !== undefined) return assert.equal(socket.closedBy.code, UNREAD.code);
  for (const { status, ...why } of [sending, reading]) {
    assert.equal(status, 'rejected');
    assert.ok('reason' in why && failsWith('device-timeout')(why.reason));
  }
});

showOverEachForwarder();
