import uWS, {
  type HttpRequest,
  type HttpResponse,
  type TemplatedApp,
  type us_socket_context_t,
} from 'uWebSockets.js';
import type { Secret } from '../../config/secret.js';
import type { Logger } from '../../observability/log.js';
import { BridgedSockets } from '../../server/bridged-sockets.js';
import { type ListenAddress, type Listener, listen } from '../../server/listener.js';
import type { ProblemCode } from '../../server/problem.js';
import type { Readiness } from '../../server/readiness.js';
import { requestFields } from '../../server/request-fields.js';
import { ResponseWriter } from '../../server/response-writer.js';
import { answerLater, requestIdOf, sendJson, sendProblem } from '../../server/send.js';
import { WebSocketBridge } from '../../server/websocket-bridge.js';
import type { BridgeForwarder } from '../forward/bridge-contract.js';
import type { Forwarder, Target } from '../forward/contract.js';
import type { Store } from '../session/contract.js';
import { sessionKey } from '../session/key.js';
import type { UserSessions } from '../session/user-sessions.js';
import { createAuthorizer } from './authorize.js';
import { type ForwardPolicy, FROM_PROXY } from './forward-policy.js';
import { SessionRoutes } from './session-routes.js';

/** Ours, or the hop's: never for the device. The internal secret in `authorization` least of all. */
const NOT_FORWARDED = new Set([
  'authorization',
  'expect',
  'x-forward-method',
  'x-forward-target',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
]);

/** What a forwarded call itself is about. */
const TAKEN = ['x-forward-method', 'x-forward-target', 'x-request-id'];

export interface InternalApiOptions {
  readonly address: ListenAddress;
  readonly secret: Secret;
  readonly store: Store;
  readonly userSessions: UserSessions;
  readonly forwarder: Forwarder & BridgeForwarder;
  readonly policy: ForwardPolicy;
  /** Of the process. */
  readonly readiness: Readiness;
  /** The metrics page. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  readonly log: Logger;
}

type Route = (res: HttpResponse, req: HttpRequest) => void;

/** remote-proxy's internal API (02-tunnel.md §2.5): every path needs the internal secret. */
export class InternalApi {
  readonly #options: InternalApiOptions;
  readonly #authorized: (authorization: string) => boolean;
  readonly #sockets = new BridgedSockets();
  #listener: Listener | undefined;

  private constructor(options: InternalApiOptions) {
    this.#options = options;
    this.#authorized = createAuthorizer(options.secret);
  }

  /** @throws ListenError */
  static async start(options: InternalApiOptions): Promise<InternalApi> {
    const api = new InternalApi(options);
    const app = uWS.App();
    api.#routes(app);
    api.#listener = await listen(app, options.address);
    return api;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /** Tells the callers of WebSockets 1001. */
  drain(): void {
    this.#sockets.drain();
  }

  stopAccepting(): void {
    this.#listener?.stopAccepting();
  }

  close(): void {
    this.#listener?.close();
  }

  #routes(app: TemplatedApp): void {
    const { store, userSessions, log } = this.#options;
    const sessions = new SessionRoutes(store, userSessions, log);
    app.ws(
      '/internal/forward/ws',
      this.#sockets.behaviour((res, req, context) => this.#bridge(res, req, context)),
    );
    // Requests that are no WebSocket handshake fall through to here.
    this.#route(app, 'get', '/internal/forward/ws', (res, req) => {
      refuse(res, req, 'upgrade-required', { Upgrade: 'websocket' });
    });
    this.#route(app, 'post', '/internal/forward/http', (res, req) => this.#forward(res, req));
    this.#route(app, 'get', '/internal/session/:token', (res, req) => sessions.get(res, req));
    this.#route(app, 'get', '/internal/sessions', (res, req) => sessions.list(res, req));
    this.#route(app, 'post', '/internal/session/:token/close', (res, req) => sessions.close(res, req));
    this.#route(app, 'get', '/internal/health', (res, req) => {
      sendJson(res, requestIdOf(req), { status: 'up' });
    });
    this.#route(app, 'get', '/internal/ready', (res, req) => this.#ready(res, req));
    this.#route(app, 'get', '/internal/metrics', (res) => this.#metrics(res));
    app.any(
      '/*',
      this.#guard((res, req) => refuse(res, req, 'not-found')),
    );
  }

  /** One method on one path; other methods are 405, everything without the secret 401. */
  #route(app: TemplatedApp, method: 'get' | 'post', path: string, handle: Route): void {
    app[method](path, this.#guard(handle));
    app.any(
      path,
      this.#guard((res, req) => {
        refuse(res, req, 'method-not-allowed', { Allow: method.toUpperCase() });
      }),
    );
  }

  #guard(handle: Route): Route {
    return (res, req) => {
      if (this.#authorized(req.getHeader('authorization'))) handle(res, req);
      else refuse(res, req, 'unauthorized');
    };
  }

  #forward(res: HttpResponse, req: HttpRequest): void {
    const { forwarder, policy } = this.#options;
    const device = deviceOf(queryOf(req));
    const fields = requestFields(req, NOT_FORWARDED, TAKEN);
    const { headers, bodyLength } = fields;
    const [method, target] = [fields.getHeader('x-forward-method'), fields.getHeader('x-forward-target')];
    const id = requestIdOf(fields);
    if (device === undefined || method === '' || target === '') {
      return sendProblem(res, 'bad-request', id, {
        headers: FROM_PROXY,
        detail: 'token or device, X-Forward-Method and X-Forward-Target are needed',
      });
    }
    const writer = new ResponseWriter(res, policy, id, bodyLength !== 0);
    res.onAborted(() => writer.aborted());
    writer.attach(forwarder.forward(device, { method, target, headers, bodyLength }, writer));
  }

  #bridge(res: HttpResponse, req: HttpRequest, context: us_socket_context_t): void {
    const { forwarder, policy } = this.#options;
    if (!this.#authorized(req.getHeader('authorization'))) return refuse(res, req, 'unauthorized');
    const query = queryOf(req);
    const device = deviceOf(query);
    const target = query.get('target') ?? '';
    if (device === undefined || !target.startsWith('/')) {
      return sendProblem(res, 'bad-request', requestIdOf(req), {
        headers: FROM_PROXY,
        detail: 'token or device, and target are needed',
      });
    }
    const handshake = {
      key: req.getHeader('sec-websocket-key'),
      extensions: req.getHeader('sec-websocket-extensions'),
      context,
    };
    const offered = req.getHeader('sec-websocket-protocol');
    const protocols = offered === '' ? [] : offered.split(',').map((protocol) => protocol.trim());
    const { headers } = requestFields(req, NOT_FORWARDED);
    const bridge = new WebSocketBridge(res, handshake, policy, requestIdOf(req));
    bridge.attach(forwarder.bridge(device, { target, headers, protocols }, bridge));
  }

  #ready(res: HttpResponse, req: HttpRequest): void {
    const { readiness, log } = this.#options;
    const id = requestIdOf(req);
    const answer = (why: ProblemCode | undefined) => {
      if (why === undefined) sendJson(res, id, { status: 'ready' });
      else sendProblem(res, why, id);
    };
    answerLater(res, id, log, readiness.why(), answer, () => undefined);
  }

  #metrics(res: HttpResponse): void {
    let aborted = false;
    res.onAborted(() => {
      aborted = true;
    });
    this.#options.metrics().then(
      ({ contentType, body }) => {
        if (aborted) return;
        res.cork(() => res.writeHeader('Content-Type', contentType).end(body));
      },
      (error: unknown) => {
        this.#options.log.error({ err: error }, 'metrics could not be collected');
        if (!aborted) res.close();
      },
    );
  }
}

/** Answers a request that is not taken, whatever its method. */
function refuse(res: HttpResponse, req: HttpRequest, code: ProblemCode, headers = {}): void {
  sendProblem(res, code, requestIdOf(req), {
    headers: { ...FROM_PROXY, ...headers },
    head: req.getMethod() === 'head',
  });
}

/** `?token=`, else `?device=`: api-server knows devices by their id and never sees their tokens. */
function deviceOf(query: URLSearchParams): Target | undefined {
  const token = query.get('token') ?? '';
  if (token !== '') return { by: 'token', token: sessionKey(token) };
  const deviceId = query.get('device') ?? '';
  return deviceId === '' ? undefined : { by: 'device', deviceId };
}

/** Not by getQuery(name), which decodes in place: what a value holds would then be found as a parameter. */
function queryOf(req: HttpRequest): URLSearchParams {
  return new URLSearchParams(req.getQuery());
}
