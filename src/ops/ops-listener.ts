// `OpsListener` answers for the health, readiness and metrics of a process.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from '../net/address.js';
import { ListenError } from '../net/address.js';
import type { Exposition } from '../observability/exposition.js';
import { PROBLEM_CONTENT_TYPE, type ProblemCode, problemKind, renderProblem } from '../problems/problem.js';
import { answerReadiness, type Readiness } from '../server/readiness.js';
import { requestId } from '../server/request-headers.js';
import type { RequestLog } from '../server/request-log.js';

/**
 * How many connections there may be at once, far more than load balancers, scrapers and operators need; further ones are
 * closed.
 */
const MAX_CONNECTIONS = 64;
const MAX_HEAD_BYTES = 8 * 1024;
/** How long a request may take to arrive, in ms. */
const PATIENCE_MS = 5000;
/** How long a connection may be idle, in ms: longer than a scraper's usual interval. */
const IDLE_MS = 65_000;

/** Answers one path. @param query the request's query @returns status, content type and body of the answer */
type OpsHandler = (
  query: URLSearchParams,
) => Promise<readonly [status: number, contentType: string, body: string]>;

/** The options of an {@link OpsListener}. */
export interface OpsListenerOptions {
  readonly address: Address;
  readonly readiness: Readiness;
  readonly exposition: Exposition;
  readonly requests: RequestLog;
}

/**
 * Answers an operator's tools: `/healthz`, `/readyz`, `/metrics`, without a secret, and nothing else. It uses node:http,
 * whose bounds are enough for a few requests a minute.
 */
export class OpsListener {
  readonly #options: OpsListenerOptions;
  readonly #pages: ReadonlyMap<string, OpsHandler>;
  readonly #server: Server;

  constructor(options: OpsListenerOptions) {
    this.#options = options;
    const { exposition } = options;
    this.#pages = new Map<string, OpsHandler>([
      ['/healthz', () => Promise.resolve(json(200, { status: 'up' }))],
      ['/readyz', (query) => this.#ready(query)],
      ['/metrics', async () => [200, exposition.contentType, await exposition.text()]],
    ]);
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEAD_BYTES,
        headersTimeout: PATIENCE_MS,
        requestTimeout: PATIENCE_MS,
        connectionsCheckingInterval: 1000,
        keepAliveTimeout: IDLE_MS,
      },
      (req, res) => void this.#serve(req, res),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    // Closes a connection on which nothing moves, such as one whose answer is not read.
    this.#server.timeout = IDLE_MS;
  }

  /** @throws ListenError */
  start(): Promise<void> {
    const { address } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', () => reject(new ListenError(address)));
      this.#server.listen(address.port, address.host, resolve);
    });
  }

  /** The port in use, also if the configured one is 0. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Closes the listener and every connection. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const id = requestId(String(req.headers['x-request-id'] ?? ''));
    res.setHeader('X-Request-Id', id).setHeader('Cache-Control', 'no-store');
    try {
      const [status, contentType, body] = await this.#answer(req);
      res.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) });
      res.end(body);
    } catch (error) {
      this.#fail(req, res, id, error);
    }
  }

  #fail(
    { method = '', url = '', socket }: IncomingMessage,
    res: ServerResponse,
    id: string,
    error: unknown,
  ): void {
    const {
      problem: code,
      detail,
      unready,
    } = error instanceof OpsProblem ? error : new OpsProblem('internal');
    const { requests } = this.#options;
    const request = { requestId: id, method, path: pathOf(url), remoteAddr: socket.remoteAddress };
    if (unready) requests.unready(request, code, detail);
    else requests.problem(request, code, code === 'internal' ? error : detail);
    if (code === 'method-not-allowed') res.setHeader('Allow', 'GET, HEAD');
    res.writeHead(problemKind(code).status, { 'Content-Type': PROBLEM_CONTENT_TYPE });
    res.end(renderProblem(code, { requestId: id, detail }));
  }

  /** Answers a request. @throws OpsProblem */
  #answer({ method, url = '' }: IncomingMessage): ReturnType<OpsHandler> {
    const page = this.#pages.get(pathOf(url));
    if (page === undefined) throw new OpsProblem('not-found');
    if (method !== 'GET' && method !== 'HEAD') throw new OpsProblem('method-not-allowed');
    return page(new URLSearchParams(url.slice(pathOf(url).length)));
  }

  async #ready(query: URLSearchParams): ReturnType<OpsHandler> {
    const answer = await answerReadiness(this.#options.readiness, query.get('parts'));
    if ('body' in answer) return json(200, answer.body);
    throw new OpsProblem(answer.code, answer.detail, answer.unready);
  }
}

/** A request that is answered with a problem. */
class OpsProblem extends Error {
  readonly problem: ProblemCode;
  readonly detail: string | undefined;
  /** True if the answer tells a readiness probe that the process is not ready: then no request has failed. */
  readonly unready: boolean;

  constructor(problem: ProblemCode, detail?: string, unready = false) {
    super(problem);
    this.problem = problem;
    this.detail = detail;
    this.unready = unready;
  }
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

function json(status: number, value: unknown): Awaited<ReturnType<OpsHandler>> {
  return [status, 'application/json', JSON.stringify(value)];
}
