// `forwardTo` is the service that joins each stream with a local TCP service.
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { problemAnswer } from './problem.js';
import type { StreamService } from './stream-service.js';
import { discardRest } from './stream-service.js';

/** The local service that streams are forwarded to. */
export interface ServiceTarget {
  readonly host: string;
  readonly port: number;
  /** How long connecting may take before the answer is 502. */
  readonly connectTimeoutMs: number;
  /** How long the target may leave the remaining bytes unread after the stream has ended. */
  readonly lingerMs: number;
}

const TIMEOUTS = { connectTimeoutMs: 5_000, lingerMs: 30_000 };

/** The target at `url`, which consists of a host and a port. */
export function targetOf(url: URL): ServiceTarget {
  // `URL` keeps the brackets of an IPv6 address, which `connect` does not accept.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: url.port === '' ? 80 : Number(url.port), ...TIMEOUTS };
}

/**
 * Joins each stream with a TCP connection of its own: bytes, half-closes and resets pass both ways, and nothing is parsed,
 * so all of HTTP/1.1 works: chunks, trailers, interim answers, upgrades.
 */
export function forwardTo(target: ServiceTarget): StreamService {
  return (stream) => {
    const socket = connect({ host: target.host, port: target.port, allowHalfOpen: true, noDelay: true });
    socket.setTimeout(target.connectTimeoutMs, () => socket.destroy(new Error('connect timed out')));
    stream.once('error', () => socket.destroy());
    socket.once('error', (error) => {
      stream.end(unreachable(target, error));
      discardRest(stream);
    });
    socket.once('connect', () => join(stream, socket, target.lingerMs));
  };
}

function join(stream: Duplex, socket: Socket, lingerMs: number): void {
  socket.setTimeout(0);
  socket.removeAllListeners('timeout').removeAllListeners('error');
  socket.on('error', (error) => {
    // A target may answer early and refuse the rest of the upload: its whole answer must still arrive.
    if (socket.readableEnded) discardRest(stream);
    else stream.destroy(error);
  });
  stream.once('close', () => {
    if (stream.errored !== null || !stream.readableEnded) socket.destroy();
    else socket.setTimeout(lingerMs, () => socket.destroy());
  });
  stream.pipe(socket);
  socket.pipe(stream);
}

function unreachable({ host, port }: ServiceTarget, error: Error): string {
  return problemAnswer({
    code: 'target-unreachable',
    status: 502,
    detail: `The device cannot reach its local service at ${host}:${port}: ${reasonOf(error)}.`,
  });
}

/** The error of a host with several addresses has a code and no message. */
function reasonOf(error: NodeJS.ErrnoException): string {
  return error.message === '' ? (error.code ?? error.name) : error.message;
}
