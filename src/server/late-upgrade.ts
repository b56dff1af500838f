import uWS, { type HttpResponse } from 'uWebSockets.js';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

const LOOPBACK = '127.0.0.1';

/** `cork` of a WebSocket, called on a response: it is about the socket, which is the same before an upgrade and after. */
type SocketCork = (this: HttpResponse, work: () => void) => void;

let preparing: Promise<void> | undefined;
let socketCork: SocketCork | undefined;

/** Makes {@link lateUpgrade} ready; each listener does so before it takes connections. */
export function prepareUpgrades(): Promise<void> {
  preparing ??= borrowCork().then((cork) => {
    socketCork = cork;
  });
  return preparing;
}

/** Takes it from a WebSocket that this process opens to itself: only an open one shows its methods. */
async function borrowCork(): Promise<SocketCork> {
  const path = `/${randomUUID()}`;
  const app = uWS.App();
  const opened = new Promise<SocketCork>((resolve) => {
    app.ws(path, { open: (ws) => resolve(ws.cork as unknown as SocketCork) });
  });
  const port = await new Promise<number>((resolve, reject) => {
    app.listen(LOOPBACK, 0, (socket) => {
      if (socket === false) reject(new Error(`no port on ${LOOPBACK} is free`));
      else resolve(uWS.us_socket_local_port(socket as unknown as uWS.us_socket));
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
 * Completes a WebSocket handshake after an await: `upgrade` writes and upgrades `res`, which goes out in one send. Whoever ends
 * the WebSocket does so after that: a FIN would be forgotten.
 *
 * Not in the response's own cork: that looks afterwards for a connection to close, in memory that the upgrade has given back,
 * and closes the new WebSocket when it finds a certain bit there (uWebSockets pull request 1929). A WebSocket's cork does
 * not look. Without any cork each of two dozen pieces of the answer would be a send of its own. The inner cork does nothing
 * but tell uWebSockets.js that there is one; it would warn on stderr.
 */
export function lateUpgrade(res: HttpResponse, upgrade: () => void): void {
  if (socketCork === undefined) throw new Error('upgrades are not prepared');
  socketCork.call(res, () => res.cork(upgrade));
}
