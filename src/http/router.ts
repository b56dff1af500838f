import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
import type { Authenticator, Credentials } from '../auth/authenticator.js';
import type { Logger } from '../observability/log.js';
import type { ProblemCode } from '../server/problem.js';
import type { ProblemOptions } from '../server/send.js';
import { StoreError } from '../store/errors.js';
import { Exchange } from './exchange.js';
import { allowedMethods, routesByPath, uwsMethods, uwsPattern } from './patterns.js';
import type { Readiness } from './readiness.js';
import type { PendingRequest, Route } from './route.js';
import type { Sockets } from './sockets.js';

/** The body was not read. */
const UNREAD: ProblemOptions = { close: true };

export interface RouterOptions {
  readonly routes: readonly Route[];
  readonly authenticator: Authenticator;
  readonly readiness: Readiness;
  readonly sockets: Sockets;
  readonly log: Logger;
}

/**
 * Puts the routes on uWebSockets.js, which matches paths as they were sent: `%2f`, `..`, `//`, a trailing slash or another
 * case make another path. Whoever is not signed in learns nothing of a path that is not public: the answer is 401.
 */
export class Router {
  readonly #options: RouterOptions;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** Adds all routes to `app`. */
  register(app: TemplatedApp): void {
    for (const [path, routes] of routesByPath(this.#options.routes)) {
      const pattern = uwsPattern(path);
      for (const route of routes) this.#add(app, pattern, route);
      if (routes.every(({ methods }) => methods !== 'ANY')) this.#addOtherMethods(app, pattern, routes);
    }
    app.any('/*', (res, req) => this.#refuse(new Exchange(res, req), req, 'not-found'));
  }

  #add(app: TemplatedApp, pattern: string, route: Route): void {
    const handle = (res: HttpResponse, req: HttpRequest): void => this.#handle(route, res, req);
    for (const method of uwsMethods(route.methods)) app[method](pattern, handle);
    if (route.access === 'public' || route.upgrade === undefined) return;
    const { upgrade } = route;
    app.ws(
      pattern,
      this.#options.sockets.behaviour((res, req, context) => {
        const exchange = new Exchange(res, req);
        const credentials = credentialsOf(req);
        if (credentials === undefined) exchange.problem('unauthorized');
        else this.#serve(exchange, credentials, upgrade(exchange, req, context));
      }),
    );
  }

  #handle(route: Route, res: HttpResponse, req: HttpRequest): void {
    const exchange = new Exchange(res, req);
    const tooLarge = route.maxBody !== undefined && bodyLength(req) > route.maxBody;
    if (route.access === 'public') {
      if (tooLarge) exchange.problem('payload-too-large', UNREAD);
      else route.answer(exchange);
      return;
    }
    if (tooLarge) return this.#refuse(exchange, req, 'payload-too-large', UNREAD);
    const credentials = credentialsOf(req);
    if (credentials === undefined) exchange.problem('unauthorized');
    else this.#serve(exchange, credentials, route.begin(exchange, req));
  }

  #addOtherMethods(app: TemplatedApp, pattern: string, routes: readonly Route[]): void {
    const options = { headers: { Allow: allowedMethods(routes) } };
    const isPublic = routes.every(({ access }) => access === 'public');
    app.any(pattern, (res, req) => {
      const exchange = new Exchange(res, req);
      if (isPublic) exchange.problem('method-not-allowed', options);
      else this.#refuse(exchange, req, 'method-not-allowed', options);
    });
  }

  /** Answers a user with a problem, and everybody else with 401. */
  #refuse(exchange: Exchange, req: HttpRequest, code: ProblemCode, options?: ProblemOptions): void {
    const credentials = credentialsOf(req);
    if (credentials === undefined) exchange.problem('unauthorized');
    else this.#serve(exchange, credentials, new Refusal(exchange, code, options));
  }

  /** Runs a request once its user is known. */
  #serve(exchange: Exchange, credentials: Credentials, pending: PendingRequest): void {
    exchange.suspend();
    this.#run(exchange, credentials, pending).catch((error: unknown) => {
      const code = error instanceof StoreError ? 'store-unavailable' : 'internal';
      this.#options.log.error({ err: error, requestId: exchange.requestId, code }, 'a request failed');
      exchange.problem(code);
    });
  }

  async #run(exchange: Exchange, credentials: Credentials, pending: PendingRequest): Promise<void> {
    const user = await this.#options.authenticator.authenticate(credentials);
    if (exchange.over) return;
    if (user === undefined) return exchange.problem('unauthorized');
    if (this.#options.readiness.draining) return exchange.problem('draining', UNREAD);
    await pending.run(user);
  }
}

/** An answer that was known before the user was. */
class Refusal implements PendingRequest {
  readonly #exchange: Exchange;
  readonly #code: ProblemCode;
  readonly #options: ProblemOptions | undefined;

  constructor(exchange: Exchange, code: ProblemCode, options?: ProblemOptions) {
    this.#exchange = exchange;
    this.#code = code;
    this.#options = options;
  }

  run(): Promise<void> {
    this.#exchange.problem(this.#code, this.#options);
    return Promise.resolve();
  }
}

/** Undefined: there are none at all, so nobody has to be asked. */
function credentialsOf(req: HttpRequest): Credentials | undefined {
  const authorization = req.getHeader('authorization');
  const cookie = req.getHeader('cookie');
  return authorization === '' && cookie === '' ? undefined : { authorization, cookie };
}

/** What the request announces; a chunked body may be of any length. */
function bodyLength(req: HttpRequest): number {
  if (req.getHeader('transfer-encoding') !== '') return Number.POSITIVE_INFINITY;
  return Number(req.getHeader('content-length'));
}
