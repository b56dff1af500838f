// Router puts routes on uWebSockets.js, and decides in one order whether a request is answered by its route.
import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t } from 'uWebSockets.js';
import type { Authenticator } from '../auth/authenticator.js';
import type { ProblemCode } from '../problems/problem.js';
import type { ProblemOptions } from '../problems/problem-error.js';
import { beforeRequest, problemForCaller, problemOf } from '../problems/problem-error.js';
import type { BridgedSockets } from '../server/bridged-sockets.js';
import type { Readiness } from '../server/readiness.js';
import type { HeaderSource } from '../server/request-headers.js';
import { HttpContext, type SharedParts } from './http-context.js';
import { allowedMethods, routesByPath, uwsMethods, uwsPattern } from './patterns.js';
import type { PendingRequest, PublicHandler, Route, UserHandler } from './route.js';
import {
  type Caller,
  credentialsProblem,
  isSignedOut,
  pageProblem,
  type Sender,
  senderOf,
} from './sender.js';

/** The routes, and the parts of a process that decide whether a request is answered. */
export interface RouterOptions {
  readonly routes: readonly Route[];
  readonly authenticator: Authenticator;
  /** The origin of our own pages. */
  readonly ownOrigin: string;
  readonly sockets: BridgedSockets;
  readonly readiness: Pick<Readiness, 'draining'>;
  readonly shared: SharedParts;
}

/** The options of a problem that is answered before the request's body was read. */
const UNREAD: ProblemOptions = { close: true };

/**
 * Puts the routes on uWebSockets.js, which matches paths as they were sent: `%2f`, `..`, `//`, a trailing slash or another case
 * make another path. A caller who is not signed in learns nothing about a path that is not public: the answer is 401.
 */
export class Router {
  readonly #options: RouterOptions;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** Adds all routes to `app`. */
  register(app: TemplatedApp): void {
    for (const [path, routes] of routesByPath(this.#options.routes)) {
      for (const route of routes) this.#add(app, route);
      if (routes.some(({ methods }) => methods === 'ANY')) continue;
      const otherMethods = wrongMethod(routes);
      app.any(uwsPattern(path), (res, req) => this.#serve(otherMethods, res, req));
    }
    const otherPaths = refusing('not-found');
    app.any('/*', (res, req) => this.#serve(otherPaths, res, req));
  }

  #add(app: TemplatedApp, route: Route): void {
    const pattern = uwsPattern(route.path);
    for (const method of uwsMethods(route.methods))
      app[method](pattern, (res, req) => this.#serve(route, res, req));
    if (route.access === 'public' || route.upgrade === undefined) return;
    const { sockets } = this.#options;
    app.ws(
      pattern,
      sockets.behaviour((res, req, socket) => this.#serve(route, res, req, socket)),
    );
  }

  /** Serves a request, which is read before this returns. @param socket undefined: the request is no WebSocket handshake */
  #serve(
    handler: PublicHandler | UserHandler,
    res: HttpResponse,
    req: HttpRequest,
    socket?: us_socket_context_t,
  ): void {
    const headers = handler.readHeaders(req);
    const context = new HttpContext(this.#options.shared, res, req, headers);
    try {
      const work =
        handler.access === 'public'
          ? servePublic(handler, context, req, headers)
          : this.#serveUser(handler, context, req, headers, socket);
      work?.catch((error: unknown) => fail(context, error));
    } catch (error) {
      fail(context, error);
    }
  }

  /** Reads the request and finds its user, without a wait if the user is known already; then admits or refuses the request. */
  #serveUser(
    handler: UserHandler,
    context: HttpContext,
    req: HttpRequest,
    headers: HeaderSource,
    socket: us_socket_context_t | undefined,
  ): Promise<void> | undefined {
    const { authenticator } = this.#options;
    const sender = senderOf(headers, context.method, socket !== undefined, handler.passive);
    if (sender === undefined) {
      context.readRemoteAddr(req);
      return refuse(context, 'unauthorized', { because: 'no credentials' });
    }
    context.suspend();
    const pending =
      socket === undefined || handler.upgrade === undefined
        ? handler.begin(context, req, headers)
        : handler.upgrade(context, req, headers, socket);
    const known = authenticator.peek(sender.credentials);
    if (known !== undefined) return this.#admit(context, sender, pending, known);
    return authenticator
      .authenticate(sender.credentials)
      .catch(beforeRequest)
      .then((caller) => (context.over ? undefined : this.#admit(context, sender, pending, caller)));
  }

  /** Checks a request in this order: credentials, the page that sent a cookie, draining; then runs the request itself. */
  #admit(
    context: HttpContext,
    { page }: Sender,
    pending: PendingRequest,
    caller: Caller,
  ): Promise<void> | undefined {
    const user = caller === undefined || 'refused' in caller ? undefined : caller;
    const isLeaving = isSignedOut(caller) && pending.runSignedOut !== undefined;
    if (user === undefined && !isLeaving) return refuse(context, ...credentialsProblem(caller));
    context.userId = user?.userId;

    const detail = user?.via === 'bearer' ? undefined : pageProblem(page, this.#options.ownOrigin);
    if (detail !== undefined) return refuse(context, 'forbidden', { ...UNREAD, detail });

    // A sign-out after the end of its session changes nothing, so a drain does not refuse it.
    if (user !== undefined && this.#options.readiness.draining) return refuse(context, 'draining', UNREAD);

    return user === undefined ? pending.runSignedOut?.() : pending.run(user);
  }
}

function servePublic(
  handler: PublicHandler,
  context: HttpContext,
  req: HttpRequest,
  headers: HeaderSource,
): Promise<void> | undefined {
  context.suspend();
  return handler.begin(context, req, headers);
}

/** Answers a request that ended with an error. */
function fail(context: HttpContext, error: unknown): void {
  const expected = problemForCaller(error);
  if (expected !== undefined) return context.problem(expected.problem, expected.options);
  context.problem(problemOf(error), { because: error });
}

function refuse(context: HttpContext, code: ProblemCode, options?: ProblemOptions): undefined {
  context.problem(code, options);
}

/** Makes a handler that refuses every request of a user; everybody else gets 401. */
function refusing(code: ProblemCode, options?: ProblemOptions): UserHandler {
  return {
    access: 'user',
    readHeaders: (req) => req,
    begin: (context, req) => {
      context.readRemoteAddr(req);
      return { run: () => refuse(context, code, options) };
    },
  };
}

/** Makes a handler that refuses the methods that a path does not have. */
function wrongMethod(routes: readonly Route[]): PublicHandler | UserHandler {
  const options = { headers: { Allow: allowedMethods(routes) } };
  if (routes.some(({ access }) => access === 'user')) return refusing('method-not-allowed', options);
  return {
    access: 'public',
    readHeaders: (req) => req,
    begin: (context) => refuse(context, 'method-not-allowed', options),
  };
}
