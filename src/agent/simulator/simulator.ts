// `simulate` is the service that answers streams as a virtual edge host.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { problemAnswer } from '../service/problem.js';
import type { StreamService } from '../service/stream-service.js';
import { discardRest } from '../service/stream-service.js';
import type { EdgeHost } from './edge-api.js';
import { route } from './edge-api.js';

/** Serves a virtual edge host on streams, with node's HTTP server and without a port. */
export function simulate(host: EdgeHost): StreamService {
  const server: Server & { httpAllowHalfOpen?: boolean } = createServer((request, response) => {
    serve(host, request, response);
  });
  // A relay that half-closes after its request must still get the answer.
  server.httpAllowHalfOpen = true;
  server.on('clientError', refuse);
  return (stream) => {
    server.emit('connection', stream);
  };
}

/** Answers a request that is not HTTP; by itself Node would reset the stream, and lose its own answer with it. */
function refuse(error: NodeJS.ErrnoException, stream: Duplex): void {
  if (!stream.writable) {
    stream.destroy();
    return;
  }
  // The parser refuses each further part of the request again, and this answer would be reset for it.
  stream.removeAllListeners('data');
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  stream.end(
    problemAnswer({ code: 'bad-request', status, detail: `The request is not HTTP: ${error.message}.` }),
  );
  discardRest(stream);
}

function serve(host: EdgeHost, request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  const { answer, allow } = route(host, request.method ?? '', request.url ?? '');
  // Each request has a stream of its own (02-tunnel §2.3): the stream ends with the answer.
  response.shouldKeepAlive = false;
  if (allow !== undefined) response.setHeader('Allow', allow);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Length', Buffer.byteLength(answer.body));
  response.setHeader('Content-Type', answer.type);
  response.writeHead(answer.status);
  response.end(answer.body);
}
