// `lateUpgrade` completes a WebSocket handshake after an await, in one send.
import type { HttpResponse, us_socket } from 'uWebSockets.js';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import uWS from './uws.js';

const LOOPBACK = '127.0.0.1';

/** The `cork` of a WebSocket, called on a response: it acts on the socket, which is the same before and after an upgrade. */
type SocketCork = (this: HttpResponse, work: () => void) => void;

/** The names of allocators that may move memory when it shrinks, as it does in an upgrade. */
const OTHER_ALLOCATORS = /jemalloc|tcmalloc|mimalloc/;

let preparing: Promise<void> | undefined;
/** The borrowed cork; undefined before it was borrowed, and if it cannot be used. */
let socketCork: SocketCork | undefined;

/** Makes {@link lateUpgrade} fast; each listener calls it before it takes connections. Fails only if no port is free. */
export function prepareUpgrades(): Promise<void> {
  preparing ??= borrowCork().catch((error: unknown) => {
    preparing = undefined;
    throw error;
  });
  return preparing;
}

async function borrowCork(): Promise<void> {
  if (await isAllocatorOfGlibc()) socketCork = await corkOfWebSocket();
}

/**
 * Whether the allocator is glibc's. The cork afterwards looks at the socket's old address, which is still the right one if
 * `realloc` shrinks in place, as it does in glibc.
 */
async function isAllocatorOfGlibc(): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  // If /proc cannot be read the allocator is unknown; the slow way is always right.
  const maps = await readFile('/proc/self/maps', 'latin1').catch(() => undefined);
  return maps !== undefined && !OTHER_ALLOCATORS.test(maps);
}

/** Takes the cork of a WebSocket that this process opens to itself: only an open WebSocket has its methods. */
async function corkOfWebSocket(): Promise<SocketCork> {
  const path = `/${randomUUID()}`;
  const app = uWS.App();
  const opened = new Promise<SocketCork>((resolve) => {
    app.ws(path, { open: (ws) => resolve(ws.cork as unknown as SocketCork) });
  });
  const port = await new Promise<number>((resolve, reject) => {
    app.listen(LOOPBACK, 0, (socket) => {
      if (socket === false) reject(new Error(`no port on ${LOOPBACK} is free`));
      else resolve(uWS.us_socket_local_port(socket as unknown as us_socket));
    });
  });
  const socket = connect(port, LOOPBACK);
  try {
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${LOOPBACK}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`,
    );
    const closed = once(socket, 'close').then(() => {
      throw new Error(`a connection to ${LOOPBACK} was closed`);
    });
    return await Promise.race([opened, closed]);
  } finally {
    app.close();
    socket.destroy();
  }
}

/**
 * Completes a WebSocket handshake after an await: `upgrade` writes and upgrades `res`, which goes out in one send. The WebSocket
 * may be ended only after that: a FIN before it would be forgotten.
 *
 * The response's own cork is not used: it afterwards looks for a connection to close, in memory that the upgrade has given
 * back, and closes the new WebSocket when it finds a certain bit there (uWebSockets pull request 1929). A WebSocket's cork
 * does not look. Without any cork, as with another allocator, each of two dozen pieces of the answer is a send of its own.
 * The inner cork does nothing but tell uWebSockets.js that there is one; it would warn on stderr.
 */
export function lateUpgrade(res: HttpResponse, upgrade: () => void): void {
  if (socketCork === undefined) upgrade();
  else socketCork.call(res, () => res.cork(upgrade));
}
