// `forward` makes one call through a tunnel by node:http.
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Tunnel } from './tunnel.js';

const OWN_HEADERS = ['x-forward-method', 'x-forward-target', 'host', 'connection', 'authorization'];

/** Makes one call of the internal forward form, by node:http's own client on a stream of the tunnel. */
export function forward(tunnel: Tunnel, request: IncomingMessage, response: ServerResponse): void {
  const stream = tunnel.open();
  const headers = { ...request.headers, host: 'device' };
  for (const name of OWN_HEADERS) if (name !== 'host') delete (headers as http.IncomingHttpHeaders)[name];
  const call = http.request({
    createConnection: () => stream as unknown as Socket,
    method: String(request.headers['x-forward-method'] ?? 'GET'),
    path: String(request.headers['x-forward-target'] ?? '/'),
    headers,
  });
  call.on('response', (answer) => {
    delete answer.headers.connection;
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
    answer.on('end', () => tunnel.close(stream));
  });
  call.on('error', (error) => {
    tunnel.close(stream);
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end(error.message);
  });
  request.pipe(call);
}
