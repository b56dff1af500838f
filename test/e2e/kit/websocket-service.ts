// This file opens WebSockets to a device through the internal API, with both of their ends.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { ProxyProcess } from './proxy-process.js';
import type { ScriptedDevice } from './scripted-device.js';

/** Both ends of one bridged WebSocket. */
export interface Bridged {
  readonly caller: WebSocket;
  readonly device: WebSocket;
}

/** Asks the internal API for a WebSocket to a device. */
export function callWebSocket(
  proxy: ProxyProcess,
  token: string,
  target: string,
  protocols: string[] = [],
): WebSocket {
  const query = `token=${token}&target=${encodeURIComponent(target)}`;
  return new WebSocket(`ws://127.0.0.1:${proxy.internalPort}/internal/forward/ws?${query}`, protocols, {
    headers: { Authorization: proxy.authorization },
    perMessageDeflate: false,
  });
}

/** Accepts the next handshake at the device. */
export async function acceptWebSocket(device: ScriptedDevice): Promise<WebSocket> {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const upgrade = once(server, 'upgrade') as Promise<[IncomingMessage, Duplex, Buffer]>;
  const { duplex } = await device.stream();
  server.emit('connection', duplex);
  const [request, socket, head] = await upgrade;
  return new Promise((resolve) => sockets.handleUpgrade(request, socket, head, resolve));
}

/** Opens a WebSocket to a device that accepts it. */
export async function openWebSocket(
  proxy: ProxyProcess,
  token: string,
  device: ScriptedDevice,
  protocols: string[] = [],
): Promise<Bridged> {
  const caller = callWebSocket(proxy, token, '/live?x=1', protocols);
  const [accepted] = await Promise.all([acceptWebSocket(device), once(caller, 'open')]);
  return { caller, device: accepted };
}
