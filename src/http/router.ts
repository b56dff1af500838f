import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
import type { Authenticator, Credentials, CredentialsRefusal, Principal } from '../auth/authenticator.js';
import { MAX_TOKEN_LENGTH } from '../auth/bearer.js';
import { type BrowserRequest, csrfProblem, handshakeProblem } from '../auth/csrf.js';
import type { ProblemCode } from '../problems/problem.js';
import type { ProblemOptions } from '../problems/problem-error.js';
import { beforeRequest, problemOf, toldProblem } from '../problems/problem-error.js';
import type { BridgedSockets } from '../server/bridged-sockets.js';
import type { FieldSource } from '../server/request-fields.js';
import type { RequestLog } from '../server/request-log.js';
import { deviceRequestFields } from './api/device-calls/device-request.js';
import type { RouteServices } from './api/services.js';
import { HttpContext } from './http-context.js';
import { JsonCall } from './json-call.js';
import { servePageFile } from './page-file.js';
import { allowedMethods, routesByPath, uwsMethods, uwsPattern } from './patterns.js';
import type { PendingRequest, Route, StreamRoute, Upgrade } from './route.js';

/** The body was not read. */
const UNREAD: ProblemOptions = { close: true };

export interface RouterOptions {
  readonly routes: readonly Route[];
  readonly services: RouteServices;
  readonly authenticator: Authenticator;
  /** The origin of our own pages. */
  readonly ownOrigin: string;
  readonly sockets: BridgedSockets;
  readonly requests: RequestLog;
}

/** What a request with credentials says of who sent it. */
interface Sender {
  readonly credentials: Credentials;
  /** Undefined: there is no cookie, so no page can have lent one. */
  readonly page: BrowserOrigin | undefined;
  /** Answers when the session has ended; undefined: that is 401 as well. */
  readonly afterEnd?: () => Promise<void>;
}

/** What tells which page made a browser send a request. */
interface BrowserOrigin extends BrowserRequest {
  /** It is a WebSocket handshake. */
  readonly upgrade: boolean;
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
    app.any('/*', (res, req) =>
      this.#refuse(new HttpContext(this.#options.requests, res, req), req, 'not-found'),
    );
  }

  #add(app: TemplatedApp, pattern: string, route: Route): void {
    const handle = (res: HttpResponse, req: HttpRequest): void => this.#handle(route, res, req);
    for (const method of uwsMethods(route.methods)) app[method](pattern, handle);
    if (route.kind === 'stream' && route.upgrade !== undefined) this.#addUpgrade(app, pattern, route.upgrade);
  }

  #addUpgrade(app: TemplatedApp, pattern: string, upgrade: Upgrade): void {
    app.ws(
      pattern,
      this.#options.sockets.behaviour((res, req, context) => {
        const fields = deviceRequestFields(req);
        const exchange = new HttpContext(this.#options.requests, res, req, fields);
        const sender = senderOf(fields, exchange, true);
        if (sender === undefined) this.#stranger(exchange, req);
        else this.#serve(exchange, sender, upgrade(this.#options.services, exchange, req, fields, context));
      }),
    );
  }

  #handle(route: Route, res: HttpResponse, req: HttpRequest): void {
    if (route.kind === 'stream') return this.#stream(route, res, req);
    const { services } = this.#options;
    const exchange = new HttpContext(this.#options.requests, res, req);
    if (route.kind === 'file') return servePageFile(exchange, req, route.file);
    if (route.access === 'public') {
      const call = new JsonCall(route, services, exchange, req);
      exchange.suspend();
      return this.#settle(exchange, call.run(undefined));
    }
    const sender = senderOf(req, exchange, false, route.passive);
    if (sender === undefined) return this.#stranger(exchange, req);
    const call = new JsonCall(route, services, exchange, req);
    const afterEnd = route.afterEnd ? { afterEnd: () => call.run(undefined) } : undefined;
    this.#serve(exchange, { ...sender, ...afterEnd }, call);
  }

  #stream(route: StreamRoute, res: HttpResponse, req: HttpRequest): void {
    const fields = deviceRequestFields(req);
    const exchange = new HttpContext(this.#options.requests, res, req, fields);
    const sender = senderOf(fields, exchange, false, route.passive);
    if (sender === undefined) this.#stranger(exchange, req);
    else this.#serve(exchange, sender, route.begin(this.#options.services, exchange, req, fields));
  }

  #addOtherMethods(app: TemplatedApp, pattern: string, routes: readonly Route[]): void {
    const options = { headers: { Allow: allowedMethods(routes) } };
    const isPublic = routes.every(({ access }) => access === 'public');
    app.any(pattern, (res, req) => {
      const exchange = new HttpContext(this.#options.requests, res, req);
      if (isPublic) exchange.problem('method-not-allowed', options);
      else this.#refuse(exchange, req, 'method-not-allowed', options);
    });
  }

  /** Answers a user with a problem, and everybody else with 401. */
  #refuse(exchange: HttpContext, req: HttpRequest, code: ProblemCode, options?: ProblemOptions): void {
    const sender = senderOf(req, exchange, false);
    if (sender === undefined) return this.#stranger(exchange, req);
    exchange.remoteAddr = this.#options.services.proxies.clientAddress(exchange.res, req);
    this.#serve(exchange, sender, new Refusal(exchange, code, options));
  }

  /** Who sends no credentials at all. */
  #stranger(exchange: HttpContext, req: HttpRequest): void {
    exchange.remoteAddr = this.#options.services.proxies.clientAddress(exchange.res, req);
    exchange.problem('unauthorized', { because: 'no credentials' });
  }

  /** Runs a request once its user is known: at once, where that is known already. */
  #serve(exchange: HttpContext, sender: Sender, pending: PendingRequest): void {
    exchange.suspend();
    try {
      const user = this.#options.authenticator.peek(sender.credentials);
      const work =
        user === undefined
          ? this.#ask(exchange, sender, pending)
          : this.#admit(exchange, sender, pending, user);
      if (work !== undefined) this.#settle(exchange, work);
    } catch (error) {
      this.#failed(exchange, error);
    }
  }

  /** Answers with a problem if `work` fails. */
  #settle(exchange: HttpContext, work: Promise<void>): void {
    work.catch((error: unknown) => this.#failed(exchange, error));
  }

  #failed(exchange: HttpContext, error: unknown): void {
    const told = toldProblem(error);
    if (told !== undefined) return exchange.problem(told.problem, told.options);
    exchange.problem(problemOf(error), { because: error });
  }

  async #ask(exchange: HttpContext, sender: Sender, pending: PendingRequest): Promise<void> {
    const user = await this.#options.authenticator.authenticate(sender.credentials).catch(beforeRequest);
    if (exchange.over) return;
    if (user === undefined) return exchange.problem('unauthorized', { because: 'credentials are not valid' });
    if ('refused' in user) return this.#refused(exchange, sender, user);
    await this.#admit(exchange, sender, pending, user);
  }

  #admit(
    exchange: HttpContext,
    sender: Sender,
    pending: PendingRequest,
    user: Principal,
  ): Promise<void> | undefined {
    exchange.userId = user.userId;
    if (user.via === 'session' && !this.#admitPage(exchange, sender)) return undefined;
    if (!this.#options.services.readiness.draining) return pending.run(user);
    exchange.problem('draining', UNREAD);
    return undefined;
  }

  async #refused(exchange: HttpContext, sender: Sender, { refused }: CredentialsRefusal): Promise<void> {
    if (refused === 'ambiguous') {
      exchange.problem('bad-request', { detail: 'send a session cookie or a bearer token, not both' });
    } else if (refused === 'too-long') {
      exchange.problem('unauthorized', { detail: `a bearer token may have ${MAX_TOKEN_LENGTH} characters` });
    } else if (sender.afterEnd === undefined) {
      exchange.problem('unauthorized', { because: 'the session has ended' });
    } else if (this.#admitPage(exchange, sender)) await sender.afterEnd();
  }

  /** False: the request was refused, as its page may not use the cookie (03-identity §3.2). */
  #admitPage(exchange: HttpContext, { page }: Sender): boolean {
    const detail = pageProblem(page, this.#options.ownOrigin);
    if (detail !== undefined) exchange.problem('forbidden', { ...UNREAD, detail });
    return detail === undefined;
  }
}

function pageProblem(page: BrowserOrigin | undefined, ownOrigin: string): string | undefined {
  if (page === undefined) return 'a session needs its cookie';
  return page.upgrade ? handshakeProblem(page.origin, ownOrigin) : csrfProblem(page, ownOrigin);
}

/** An answer that was known before the user was. */
class Refusal implements PendingRequest {
  readonly #exchange: HttpContext;
  readonly #code: ProblemCode;
  readonly #options: ProblemOptions | undefined;

  constructor(exchange: HttpContext, code: ProblemCode, options?: ProblemOptions) {
    this.#exchange = exchange;
    this.#code = code;
    this.#options = options;
  }

  run(): undefined {
    this.#exchange.problem(this.#code, this.#options);
  }
}

/** Undefined: there are no credentials at all, so nobody has to be asked. */
function senderOf(
  fields: FieldSource,
  { method }: HttpContext,
  upgrade: boolean,
  passive = false,
): Sender | undefined {
  const authorization = fields.getHeader('authorization');
  const cookie = fields.getHeader('cookie');
  if (cookie === '' && authorization === '') return undefined;
  if (cookie === '') return { credentials: { authorization, cookie, passive }, page: undefined };
  // A page that asks over and over says so: that it is open is no use of the session.
  const credentials = {
    authorization,
    cookie,
    passive: passive || fields.getHeader('x-visiona-passive') === '1',
  };
  const page = {
    method,
    upgrade,
    origin: fields.getHeader('origin'),
    csrf: fields.getHeader('x-visiona-csrf'),
  };
  return { credentials, page };
}
