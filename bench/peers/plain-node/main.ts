// This peer is the relay that a Node program would be from npm's packages: ws, yamux-js and node:http.
import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { ready } from '../ready.js';
import { forward } from './forward.js';
import { Tunnel } from './tunnel.js';

/** The tunnels of this relay by their tokens. The relay checks no credentials. */
const tunnels = new Map<string, Tunnel>();

const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
sockets.on('connection', (socket, request) => {
  const token = parameter(request, 'token');
  const tunnel = new Tunnel(socket);
  tunnels.set(token, tunnel);
  socket.on('close', () => {
    if (tunnels.get(token) === tunnel) tunnels.delete(token);
  });
});

const internal = http.createServer((request: IncomingMessage, response: ServerResponse) => {
  const tunnel = tunnels.get(parameter(request, 'token'));
  if (tunnel === undefined) {
    response.writeHead(404).end('no such tunnel');
    return;
  }
  forward(tunnel, request, response);
});
internal.listen(0, '127.0.0.1');

await Promise.all([once(sockets, 'listening'), once(internal, 'listening')]);
ready({
  tunnel: `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`,
  internal: `http://127.0.0.1:${(internal.address() as AddressInfo).port}`,
});

function parameter(request: IncomingMessage, name: string): string {
  return new URL(request.url ?? '/', 'http://relay').searchParams.get(name) ?? '';
}
