// `readHandshake` reads a WebSocket handshake, for every listener that accepts one.
import type { HttpRequest, us_socket_context_t } from 'uWebSockets.js';

/** A client's WebSocket handshake (RFC 6455 §4.1). */
export interface Handshake {
  /** Subprotocols that the client offers, in its order. */
  readonly protocols: readonly string[];
  // uWebSockets.js needs the following at the upgrade.
  readonly key: string;
  readonly extensions: string;
  readonly context: us_socket_context_t;
}

/** Reads a handshake while `req` is live. */
export function readHandshake(req: HttpRequest, context: us_socket_context_t): Handshake {
  const offered = req.getHeader('sec-websocket-protocol');
  return {
    protocols: offered === '' ? [] : offered.split(',').map((protocol) => protocol.trim()),
    key: req.getHeader('sec-websocket-key'),
    extensions: req.getHeader('sec-websocket-extensions'),
    context,
  };
}
