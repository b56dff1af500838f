import type { HttpRequest, us_socket_context_t } from 'uWebSockets.js';
import type { Principal } from '../auth/authenticator.js';
import type { Exchange } from './exchange.js';

/** HEAD is there wherever GET is. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A request whose fields have been read and whose user is not yet known. */
export interface PendingRequest {
  /** Answers, or has it answered later. The answer to a rejection is made by the router. */
  run(user: Principal): Promise<void>;
}

interface RouteBase {
  /** As the specification writes it: `{name}` is one segment, `{name…}` at the end all that follows, also nothing. */
  readonly path: string;
  /** `ANY`: every method, as it is. */
  readonly methods: readonly Method[] | 'ANY';
  /** The largest body in bytes, answered 413 beyond; undefined: streamed, of any size. */
  readonly maxBody: number | undefined;
}

/** A route that needs no credentials. */
export interface PublicRoute extends RouteBase {
  readonly access: 'public';
  answer(exchange: Exchange): void;
}

/** A route that only a user may call. */
export interface UserRoute extends RouteBase {
  readonly access: 'user';
  /** Reads what it needs of `req`, which is gone when this returns. Answers nothing yet. */
  begin(exchange: Exchange, req: HttpRequest): PendingRequest;
  /** The same for a WebSocket handshake; undefined: it is an ordinary request. */
  readonly upgrade:
    | ((exchange: Exchange, req: HttpRequest, context: us_socket_context_t) => PendingRequest)
    | undefined;
}

export type Route = PublicRoute | UserRoute;
