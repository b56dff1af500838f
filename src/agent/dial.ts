// `dial` opens one WebSocket to the relay, or says why it cannot.
import { WebSocket } from 'ws';
import { isLoopback } from '../net/address.js';
import { VERSION } from '../version.js';
import { parseRetryAfter } from './cloud-failure.js';
import type { Ending } from './redial.js';

/** Largest message taken from the relay, which sends far smaller ones; one more byte closes with 1009. */
const MAX_MESSAGE_BYTES = 16 << 20;
/** The time for DNS, TCP, TLS and the upgrade together, in ms; the timeout of ws is not used, as each byte starts it anew. */
const HANDSHAKE_TIMEOUT_MS = 15_000;
/** How long the relay may take to answer a close frame before the socket is destroyed. */
const CLOSE_TIMEOUT_MS = 2_000;

/** The options of ws, with `closeTimeout`, which its types lack. */
type ClientOptions = ConstructorParameters<typeof WebSocket>[2] & { closeTimeout: number };

/** How a dial ended: with a socket, or with a failure that {@link Redial} knows. */
export type Dialled =
  | { readonly kind: 'open'; readonly socket: WebSocket }
  | Exclude<Ending, { kind: 'closed' }>;

/**
 * Dials the relay once. The socket comes back paused, so that nothing is lost before its owner listens.
 * @param signal gives up at once; the result is then `failed`
 */
export function dial(
  url: URL,
  token: string,
  signal: AbortSignal,
  timeoutMs = HANDSHAKE_TIMEOUT_MS,
): Promise<Dialled> {
  return new Promise((resolve) => {
    const options: ClientOptions = {
      headers: { Authorization: `Bearer ${token}`, 'User-Agent': `visiona-agent/${VERSION}` },
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      closeTimeout: CLOSE_TIMEOUT_MS,
    };
    const socket = new WebSocket(url, options);
    const abort = (): void => socket.terminate();
    const timer = setTimeout(() => {
      settle({ kind: 'failed', error: new Error(`no answer within ${timeoutMs} ms`) });
      socket.terminate();
    }, timeoutMs);
    const settle = (result: Dialled): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      resolve(result);
    };
    socket.once('open', () => {
      socket.pause();
      settle({ kind: 'open', socket });
    });
    socket.once('unexpected-response', (_request, { statusCode, headers }) => {
      const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now());
      settle({ kind: 'refused', status: statusCode ?? 0, retryAfterMs });
      socket.terminate();
    });
    // The listener stays for the life of the socket: 'close' follows every 'error' and tells the owner.
    socket.on('error', (error) => settle({ kind: 'failed', error }));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

/** The URL at which a tunnel is dialled: `wss://host/prefix` → `wss://host/prefix/tunnel/connect`. */
export function connectUrl(tunnelUrl: URL): URL {
  const url = new URL(tunnelUrl);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/tunnel/connect`;
  return url;
}

/** Whether others can read what is sent to `url`: it is not encrypted and leaves this machine. */
export function isExposed({ protocol, hostname }: URL): boolean {
  return (protocol === 'ws:' || protocol === 'http:') && !isLoopback(hostname);
}
