import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import type { WebSocket } from 'ws';
import { DATA, HEADER_LENGTH, INITIAL_WINDOW, SYN, WINDOW_UPDATE } from '../../src/tunnel/yamux/constants.js';
import { writeHeader } from '../../src/tunnel/yamux/framing.js';
import { forward, problemCode } from './kit/internal-client.js';
import { Caller, serve } from './kit/load.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { dial, ScriptedDevice } from './kit/scripted-device.js';

const MIB = 1 << 20;

let proxy: ProxyProcess;
let tokens: string[];
let caller: Caller;
let idle: number;

before(async () => {
  // One host: the good device shares all that there is with the bad ones.
  proxy = await ProxyProcess.start({ hosts: 1 });
  tokens = (await proxy.provision(30)).map(({ sessionToken }) => sessionToken);
  const token = spare();
  serve(await ScriptedDevice.connect(proxy.tunnelUrl, token));
  caller = new Caller(proxy, token);
  await caller.more(200);
  idle = proxy.program.residentBytes;
  proxy.program.forgetPeak();
});
after(async () => {
  await caller.stop();
  await proxy.stop();
});

function spare(): string {
  const token = tokens.pop();
  assert.ok(token !== undefined, 'provision more');
  return token;
}

/** A device that speaks no yamux of its own. */
async function raw(token = spare()): Promise<WebSocket> {
  const socket = dial(proxy.tunnelUrl, { Authorization: `Bearer ${token}` });
  socket.on('error', () => {});
  await once(socket, 'open');
  return socket;
}

function frame(type: number, flags: number, id: number, length: number): Buffer {
  const bytes = Buffer.alloc(HEADER_LENGTH);
  writeHeader(bytes, 0, type, flags, id, length);
  return bytes;
}

const GARBAGE: readonly (readonly [string, Buffer])[] = [
  ['bytes that are no frame', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
  ['a type that does not exist', frame(9, 0, 0, 0)],
  ['a stream of the relay’s own kind', frame(WINDOW_UPDATE, SYN, 2, 0)],
  ['more data for a stream that never was than any window allows', frame(DATA, 0, 77, 0xffff_ffff)],
  [
    'more streams than it takes refusals of',
    Buffer.concat(Array.from({ length: 50_000 }, (_, i) => frame(WINDOW_UPDATE, SYN, 2 * i + 1, 0))),
  ],
];

for (const [what, bytes] of GARBAGE) {
  test(`a device that sends ${what} is closed with 4002`, async () => {
    const socket = await raw();
    socket.send(bytes);
    const [code, reason] = await once(socket, 'close');
    assert.deepEqual([code, String(reason)], [4002, 'protocol-error']);
  });
}

test('a device that sends more than its window is closed with 4002, and its call is told', async () => {
  const token = spare();
  const socket = await raw(token);
  const call = forward(proxy, token);
  const [opening] = (await once(socket, 'message')) as [Buffer];
  const id = opening.readUInt32BE(4);
  const closed = once(socket, 'close');
  socket.send(Buffer.concat([frame(DATA, 0, id, INITIAL_WINDOW + 1), Buffer.alloc(INITIAL_WINDOW + 1)]));
  assert.equal((await closed)[0], 4002);
  const answer = await call;
  assert.equal(answer.status, 502);
  assert.equal(problemCode(answer), 'tunnel-lost-after-send');
});

test('a device that sends pings without end is kept up with, or closed', async () => {
  const socket = await raw();
  const pings = Buffer.concat(new Array(50_000).fill(frame(2, SYN, 0, 7)));
  const closed = once(socket, 'close');
  for (let sent = 0; sent < 96 * MIB && socket.readyState === socket.OPEN; sent += pings.length) {
    await new Promise((resolve) => socket.send(pings, resolve));
  }
  socket.close(1000);
  const [code] = await closed;
  assert.ok([1000, 4002, 1006].includes(code), `closed with ${code}`);
});

test('connections that never say who they are hold nobody up', async () => {
  const before = caller.calls;
  const sockets: Socket[] = [];
  const open = async (bytes: string | Uint8Array): Promise<Socket> => {
    const socket = connect(proxy.tunnelPort, '127.0.0.1');
    socket.on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(bytes);
    return socket;
  };
  for (let i = 0; i < 100; i += 1) {
    // Half a request, nothing but a connection, and a header without end.
    await open('GET /tunnel/connect HTTP/1.1\r\nHost: x\r\nUpgr');
    await open('');
  }
  const giants = await Promise.all(
    Array.from({ length: 10 }, () => open(`GET /tunnel/connect HTTP/1.1\r\nX-Long: ${'x'.repeat(MIB)}`)),
  );
  // Refused before its end.
  await Promise.all(giants.map((socket) => once(socket.resume(), 'close')));
  await caller.more(50);
  assert.ok(caller.calls >= before + 50);
  for (const socket of sockets) socket.destroy();
});

test('devices that stop in the middle of a message hold nobody up', async () => {
  const halves = await Promise.all(Array.from({ length: 10 }, () => raw()));
  for (const socket of halves) {
    // The head of a masked binary message of 4 MiB, and a little of it.
    const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x40, 0, 0, 1, 2, 3, 4, 5, 6]);
    (socket as unknown as { _socket: Socket })._socket.write(head);
  }
  await caller.more(50);
  for (const socket of halves) socket.terminate();
});

test('through all of it no call of the good device failed, and memory was bounded', async () => {
  await caller.more(20);
  assert.deepEqual(caller.failures, []);
  const grown = proxy.program.peakBytes - idle;
  assert.ok(grown < 128 * MIB, `${Math.round(grown / MIB)} MiB above the idle process`);
});
