// A Route says how the router has its requests answered, and how the OpenAPI document shows it.
import type { HttpRequest, us_socket_context_t } from 'uWebSockets.js';
import type { Principal } from '../auth/authenticator.js';
import type { HeaderSource } from '../server/request-headers.js';
import type { HttpContext } from './http-context.js';
import type { Operation } from './operation.js';

/** A method that a route declares. A route with GET serves HEAD too. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * The request headers that the framework itself reads, in lower case. A `readHeaders` that picks headers by name must pick
 * these too.
 */
export const FRAMEWORK_HEADERS: readonly string[] = [
  'authorization',
  'cookie',
  'origin',
  'x-request-id',
  'x-visiona-csrf',
  'x-visiona-passive',
];

/** A request that was read and whose user is not known yet. */
export interface PendingRequest {
  /**
   * Answers the request, or arranges that it is answered later. The router answers for an error that this throws or rejects with.
   * @returns undefined: there is nothing to wait for
   */
  run(user: Principal): Promise<void> | undefined;
  /** Answers a caller whose session has ended, as {@link run} does. Absent: the router answers 401. */
  runSignedOut?(): Promise<void> | undefined;
}

interface Handler<Headers extends HeaderSource> {
  /** Reads the request's headers once, for the router and for `begin`. */
  readHeaders(req: HttpRequest): Headers;
}

/** Serves requests that need no credentials. */
export interface PublicHandler<Headers extends HeaderSource = HeaderSource> extends Handler<Headers> {
  readonly access: 'public';
  /** Answers as {@link PendingRequest.run} does. `req` is gone when this returns. */
  begin(context: HttpContext, req: HttpRequest, headers: Headers): Promise<void> | undefined;
}

/** Serves requests of users. Nobody else learns anything from such a route, whatever the method. */
export interface UserHandler<Headers extends HeaderSource = HeaderSource> extends Handler<Headers> {
  readonly access: 'user';
  /** Whether a request leaves the idle time of its session unchanged. Pages poll such routes. */
  readonly passive?: boolean;
  /** Reads the rest of the request: `req` is gone when this returns. Answers nothing yet. */
  begin(context: HttpContext, req: HttpRequest, headers: Headers): PendingRequest;
  /** Reads a WebSocket handshake, as `begin` does. Absent: the handshake is an ordinary request. */
  upgrade?(
    context: HttpContext,
    req: HttpRequest,
    headers: Headers,
    socket: us_socket_context_t,
  ): PendingRequest;
}

interface Described {
  /**
   * The path as the specification writes it: `{name}` is one segment, `{name…}` at the end is the rest of the path, which may be
   * empty.
   */
  readonly path: string;
  /** The methods; `ANY`: every method, passed on as it was sent. */
  readonly methods: readonly Method[] | 'ANY';
  /** A few words that say what the route does. */
  readonly summary: string;
  /**
   * Makes the operation for the OpenAPI document.
   * @param method in lower case
   * @returns undefined: programs do not call the route
   */
  describe(method: string): Operation | undefined;
}

/** A route that anybody may call. */
export type PublicRoute = Described & PublicHandler;

/** A route that users may call. */
export type UserRoute = Described & UserHandler;

/** A route of the REST API. */
export type Route = PublicRoute | UserRoute;
