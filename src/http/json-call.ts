import type { HttpRequest } from 'uWebSockets.js';
import { z } from 'zod';
import type { Principal } from '../auth/authenticator.js';
import { ProblemError } from '../problems/problem-error.js';
import type { RouteServices } from './api/services.js';
import type { HttpContext } from './http-context.js';
import { pathParameters } from './patterns.js';
import { HtmlReply, Reply } from './reply.js';
import { BODY_TIMEOUT_MS, hasBody, MAX_JSON_BODY, readBody } from './request-body.js';
import type { Input, JsonRoute, PendingRequest } from './route.js';
import { isJson, parseBody, parseQuery } from './validate.js';
import { countWrite } from './write-allowance.js';

/** One request to a route that speaks JSON. */
export class JsonCall implements PendingRequest<Principal | undefined> {
  readonly #route: JsonRoute;
  readonly #services: RouteServices;
  readonly #exchange: HttpContext;
  readonly #params: Readonly<Record<string, string>>;
  readonly #query: string;
  readonly #fields: Readonly<Record<string, string>>;
  readonly #remoteAddr: string;
  /** Why the body is not read; undefined: it is, or there is none. */
  readonly #refusal: ProblemError | undefined;

  constructor(route: JsonRoute, services: RouteServices, exchange: HttpContext, req: HttpRequest) {
    this.#route = route;
    this.#services = services;
    this.#exchange = exchange;
    this.#params = Object.fromEntries(
      pathParameters(route.path).map((name, place) => [name, req.getParameter(place) ?? '']),
    );
    this.#query = req.getQuery() ?? '';
    this.#fields = Object.fromEntries(route.fields.map((name) => [name, req.getHeader(name)]));
    this.#remoteAddr = services.proxies.clientAddress(exchange.res, req);
    exchange.remoteAddr = this.#remoteAddr;
    // What a browser accepts when it navigates names HTML; what scripts and programs accept does not.
    if (req.getHeader('accept').includes('text/html')) exchange.showProblemsAs(route.problemPage);
    this.#refusal = bodyRefusal(route, req);
    if (this.#refusal === undefined && hasBody(req)) exchange.holdBody();
  }

  async run(user: Principal | undefined): Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal;
    if (user !== undefined && this.#route.writes) await countWrite(this.#services, user.userId);
    const { params, query, status, answer, handle } = this.#route;
    const input: Input = {
      params: this.#parseParams(params),
      query: query && parseQuery(query, this.#query),
      body: await this.#parseBody(),
      fields: this.#fields,
      method: this.#exchange.method,
      requestId: this.#exchange.requestId,
      remoteAddr: this.#remoteAddr,
    };
    if (this.#exchange.over) return;
    const result = await handle(input, user, this.#services);
    if (result instanceof HtmlReply) return this.#exchange.page(result);
    const { value, headers } = result instanceof Reply ? result : new Reply(result, {});
    // What the schema does not name never leaves, and what it does not allow is a fault of ours. JSON routes can pay it.
    this.#exchange.answer(status, answer && z.encode(answer, value), headers);
  }

  #parseParams(schema: z.ZodObject | undefined): unknown {
    const result = schema?.safeParse(this.#params);
    if (result?.success === false) throw new ProblemError(this.#route.missing);
    return result?.data;
  }

  async #parseBody(): Promise<unknown> {
    const { body, bodyOptional } = this.#route;
    if (body === undefined) return undefined;
    const bytes = await readBody(this.#exchange, MAX_JSON_BODY, BODY_TIMEOUT_MS);
    if (bytes === 'aborted') return undefined;
    if (typeof bytes === 'string') throw new ProblemError(bytes, { close: true });
    return bytes.length === 0 && bodyOptional ? body.parse({}) : parseBody(body, bytes);
  }
}

function bodyRefusal({ body, bodyOptional }: JsonRoute, req: HttpRequest): ProblemError | undefined {
  const max = body === undefined ? 0 : MAX_JSON_BODY;
  const chunked = req.getHeader('transfer-encoding') !== '';
  if (Number(req.getHeader('content-length')) > max || (chunked && max === 0)) {
    return new ProblemError('payload-too-large', { close: true });
  }
  if (bodyOptional && !hasBody(req)) return undefined;
  if (isJson(req.getHeader('content-type'), req.getHeader('content-encoding'))) return undefined;
  return new ProblemError('unsupported-media-type', {
    detail: 'send application/json, without a content coding',
    close: chunked || hasBody(req),
  });
}
