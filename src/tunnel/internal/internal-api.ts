// `InternalApi` is the internal API of remote-proxy: its listener and its routes.
import type { HttpRequest, HttpResponse, TemplatedApp, us_socket_context_t } from 'uWebSockets.js';
import type { Forwarder, Target } from '../../contract/call.js';
import { tunnelKey } from '../../contract/tunnel-key.js';
import type { BridgeForwarder } from '../../contract/websocket.js';
import { STOPPED } from '../../http1/header-policy.js';
import type { Address } from '../../net/address.js';
import type { Exposition } from '../../observability/exposition.js';
import type { ProblemCode } from '../../problems/problem.js';
import type { ProblemOptions } from '../../problems/problem-error.js';
import type { BridgedSockets } from '../../server/bridged-sockets.js';
import type { CallRecorder } from '../../server/call-recorder.js';
import { readHandshake } from '../../server/handshake.js';
import { type Listener, listen } from '../../server/listener.js';
import { answerReadiness, type Readiness, type ReadinessAnswer } from '../../server/readiness.js';
import { readRequestHeaders, requestIdOf } from '../../server/request-headers.js';
import type { RequestLog } from '../../server/request-log.js';
import { ResponseWriter } from '../../server/response-writer.js';
import { answerLater, sendJson, sendProblem, sendText } from '../../server/send.js';
import { socketAddressOf } from '../../server/trusted-proxies.js';
import uWS from '../../server/uws.js';
import { WebSocketBridge } from '../../server/websocket-bridge.js';
import type { Secret } from '../../text/secret.js';
import { ForwardedCall, FROM_PROXY } from './forwarded-call.js';
import { createAuthorizer, InternalRequest } from './internal-request.js';
import type { SessionRoutes } from './session-routes.js';

/** Headers that describe a forwarded call. */
const TAKEN = ['x-forward-method', 'x-forward-target', 'x-request-id', 'x-visiona-user'];

/** The pattern of every path that has no route. */
const UNKNOWN = '/*';

/** The options of an {@link InternalApi}. */
export interface InternalApiOptions {
  readonly address: Address;
  readonly secret: Secret;
  readonly sessions: SessionRoutes;
  /** The WebSockets of this listener's callers. */
  readonly sockets: BridgedSockets;
  readonly forwarder: Forwarder & BridgeForwarder;
  readonly calls: CallRecorder;
  readonly requests: RequestLog;
  /** The readiness of the whole process. */
  readonly readiness: Readiness;
  readonly exposition: Exposition;
}

/** Answers a request. @param path the route's pattern */
type Route = (res: HttpResponse, req: HttpRequest, path: string) => void;

/** remote-proxy's internal API (02-tunnel.md §2.5): every path needs the internal secret. */
export class InternalApi {
  readonly #options: InternalApiOptions;
  readonly #authorized: (authorization: string) => boolean;
  #listener: Listener | undefined;

  constructor(options: InternalApiOptions) {
    this.#options = options;
    this.#authorized = createAuthorizer(options.secret);
  }

  /** @throws ListenError */
  async start(): Promise<void> {
    const app = uWS.App();
    this.#routes(app);
    this.#listener = await listen(app, this.#options.address);
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /** Closes the callers' WebSockets with 1001. */
  drain(): void {
    this.#options.sockets.drain();
  }

  stopAccepting(): void {
    this.#listener?.stopAccepting();
  }

  close(): void {
    this.#listener?.close();
  }

  #routes(app: TemplatedApp): void {
    const { sessions, sockets } = this.#options;
    const ofSessions =
      (handle: 'get' | 'list' | 'close'): Route =>
      (res, req, path) =>
        sessions[handle](res, req, this.#request(res, req, path));
    app.ws(
      '/internal/forward/ws',
      sockets.behaviour((res, req, context) => this.#bridge(res, req, context)),
    );
    // Requests that are no WebSocket handshake fall through to here.
    this.#route(app, 'get', '/internal/forward/ws', (res, req, path) => {
      this.#refuse(res, req, path, 'upgrade-required', { headers: { Upgrade: 'websocket' } });
    });
    this.#route(app, 'post', '/internal/forward/http', (res, req, path) => this.#forward(res, req, path));
    this.#route(app, 'get', '/internal/session/:token', ofSessions('get'));
    this.#route(app, 'get', '/internal/sessions', ofSessions('list'));
    this.#route(app, 'post', '/internal/session/:token/close', ofSessions('close'));
    this.#route(app, 'get', '/internal/health', (res, req, path) => {
      sendJson(res, this.#request(res, req, path), { status: 'up' });
    });
    this.#route(app, 'get', '/internal/ready', (res, req, path) =>
      this.#ready(res, req, this.#request(res, req, path)),
    );
    this.#route(app, 'get', '/internal/metrics', (res, req, path) =>
      this.#metrics(res, this.#request(res, req, path)),
    );
    app.any(
      UNKNOWN,
      this.#guard(UNKNOWN, (res, req, path) => this.#refuse(res, req, path, 'not-found')),
    );
  }

  /** Serves one method on one path; other methods are answered 405, and every request without the secret 401. */
  #route(app: TemplatedApp, method: 'get' | 'post', path: string, handle: Route): void {
    app[method](path, this.#guard(path, handle));
    app.any(
      path,
      this.#guard(path, (res, req) => {
        this.#refuse(res, req, path, 'method-not-allowed', { headers: { Allow: method.toUpperCase() } });
      }),
    );
  }

  #guard(path: string, handle: Route): (res: HttpResponse, req: HttpRequest) => void {
    return (res, req) => {
      if (this.#authorized(req.getHeader('authorization'))) handle(res, req, path);
      else this.#stranger(res, req, path);
    };
  }

  #stranger(res: HttpResponse, req: HttpRequest, path: string): void {
    const because =
      req.getHeader('authorization') === '' ? 'no internal secret' : 'the internal secret is wrong';
    this.#refuse(res, req, path, 'unauthorized', { because });
  }

  #request(res: HttpResponse, req: HttpRequest, path: string): InternalRequest {
    const { requests: log } = this.#options;
    return new InternalRequest({
      log,
      requestId: requestIdOf(req),
      method: req.getCaseSensitiveMethod(),
      path: path === UNKNOWN ? shownPath(req.getUrl()) : path,
      remoteAddr: socketAddressOf(res),
    });
  }

  /** Answers a request that is not taken, whatever its method. */
  #refuse(
    res: HttpResponse,
    req: HttpRequest,
    path: string,
    code: ProblemCode,
    { because, headers = {} }: Pick<ProblemOptions, 'because' | 'headers'> = {},
  ): void {
    sendProblem(res, this.#request(res, req, path), code, {
      because,
      headers: { ...FROM_PROXY, ...headers },
      head: req.getMethod() === 'head',
    });
  }

  #forward(res: HttpResponse, req: HttpRequest, path: string): void {
    const { forwarder, calls, requests: log } = this.#options;
    const device = deviceOf(queryOf(req));
    const sent = readRequestHeaders(req, STOPPED.carriedRequest, TAKEN);
    const { endToEnd: headers, bodyLength } = sent;
    const [method, target] = [sent.getHeader('x-forward-method'), sent.getHeader('x-forward-target')];
    const call = new ForwardedCall(calls, {
      log,
      requestId: requestIdOf(sent),
      method,
      path,
      userId: sent.getHeader('x-visiona-user') || undefined,
      targetId: device?.by === 'device' ? device.deviceId : undefined,
    });
    if (device === undefined || method === '' || target === '') {
      call.remoteAddr = socketAddressOf(res);
      return sendProblem(res, call, 'bad-request', {
        headers: FROM_PROXY,
        detail: 'token or device, X-Forward-Method and X-Forward-Target are needed',
      });
    }
    const writer = new ResponseWriter(res, call, bodyLength !== 0);
    res.onAborted(() => writer.aborted());
    writer.attach(forwarder.forward(device, { method, target, headers, bodyLength }, writer));
  }

  #bridge(res: HttpResponse, req: HttpRequest, context: us_socket_context_t): void {
    const { forwarder, calls, requests: log } = this.#options;
    const path = '/internal/forward/ws';
    if (!this.#authorized(req.getHeader('authorization'))) return this.#stranger(res, req, path);
    const query = queryOf(req);
    const device = deviceOf(query);
    const target = query.get('target') ?? '';
    const call = new ForwardedCall(calls, {
      log,
      requestId: requestIdOf(req),
      method: 'GET',
      path,
      userId: req.getHeader('x-visiona-user') || undefined,
      targetId: device?.by === 'device' ? device.deviceId : undefined,
    });
    if (device === undefined || !target.startsWith('/')) {
      call.remoteAddr = socketAddressOf(res);
      return sendProblem(res, call, 'bad-request', {
        headers: FROM_PROXY,
        detail: 'token or device, and target are needed',
      });
    }
    const handshake = readHandshake(req, context);
    const { endToEnd: headers } = readRequestHeaders(req, STOPPED.carriedRequest);
    const bridge = new WebSocketBridge(res, handshake, call);
    bridge.attach(forwarder.bridge(device, { target, headers, protocols: handshake.protocols }, bridge));
  }

  #ready(res: HttpResponse, req: HttpRequest, request: InternalRequest): void {
    const asked = answerReadiness(this.#options.readiness, req.getQuery('parts'));
    const answer = (found: ReadinessAnswer) => {
      if ('body' in found) sendJson(res, request, found.body);
      else sendProblem(res, request, found.code, found);
    };
    answerLater(res, request, asked, answer, () => undefined);
  }

  #metrics(res: HttpResponse, request: InternalRequest): void {
    const { exposition } = this.#options;
    const answer = (text: string) => sendText(res, request, exposition.contentType, text);
    answerLater(res, request, exposition.text(), answer, () => undefined);
  }
}

/** `?token=`, else `?device=`: api-server knows devices by their id and never sees their tokens. */
function deviceOf(query: URLSearchParams): Target | undefined {
  const token = query.get('token') ?? '';
  if (token !== '') return { by: 'token', token: tunnelKey(token) };
  const deviceId = query.get('device') ?? '';
  return deviceId === '' ? undefined : { by: 'device', deviceId };
}

/** A path without a route, as it is logged. A long part is left out: it may be a session token in a mistyped path. */
function shownPath(path: string): string {
  return path.replace(/[^/]{32,}/g, '…');
}

/** Parses the query. `getQuery(name)` is not used: it decodes in place, so that a parameter could be found inside a value. */
function queryOf(req: HttpRequest): URLSearchParams {
  return new URLSearchParams(req.getQuery());
}
