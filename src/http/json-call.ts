// JsonCall answers one request to a JSON route: it parses the request, calls the handler, and writes the answer by its schema.
import type { HttpRequest } from 'uWebSockets.js';
import { z } from 'zod';
import type { Principal } from '../auth/authenticator.js';
import { ProblemError } from '../problems/problem-error.js';
import type { HttpContext } from './http-context.js';
import type { JsonSpec } from './json-spec.js';
import { pathParameters } from './patterns.js';
import { HtmlReply, Reply } from './reply.js';
import { BODY_TIMEOUT_MS, hasBody, MAX_JSON_BODY, readBody } from './request-body.js';
import { isJson, parseBody, parseQuery } from './validate.js';

/** One request to a JSON route. */
export class JsonCall {
  readonly #spec: JsonSpec;
  readonly #context: HttpContext;
  readonly #params: Readonly<Record<string, string>>;
  readonly #query: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #remoteAddr: string;
  /** Why the body is refused unread. Undefined: the body is read, or there is none. */
  readonly #refusal: ProblemError | undefined;

  /** Reads the request while `req` is live. */
  constructor(spec: JsonSpec, context: HttpContext, req: HttpRequest) {
    this.#spec = spec;
    this.#context = context;
    this.#params = Object.fromEntries(
      pathParameters(spec.path).map((name, index) => [name, req.getParameter(index) ?? '']),
    );
    this.#query = req.getQuery() ?? '';
    this.#headers = Object.fromEntries(spec.headers.map((name) => [name, req.getHeader(name)]));
    this.#remoteAddr = context.readRemoteAddr(req);
    // A browser that navigates accepts HTML; scripts and programs do not ask for HTML.
    if (req.getHeader('accept').includes('text/html')) context.showProblemsAs(spec.problemPage);
    this.#refusal = bodyRefusal(spec, req);
    if (this.#refusal === undefined && hasBody(req)) context.holdBody();
  }

  /** Answers the request. @param user undefined: the caller is no user. Rejects with the errors that the router answers for */
  async run(user: Principal | undefined): Promise<void> {
    if (this.#refusal !== undefined) throw this.#refusal;
    if (user !== undefined && this.#spec.writes) await this.#context.shared.writes.count(user.userId);
    const { params, query, status, answer, handle } = this.#spec;
    const input = {
      params: this.#parseParams(params),
      query: query && parseQuery(query, this.#query),
      body: await this.#parseBody(),
      headers: this.#headers,
      method: this.#context.method,
      requestId: this.#context.requestId,
      remoteAddr: this.#remoteAddr,
    };
    if (this.#context.over) return;
    const result = await handle(input, user);
    if (result instanceof HtmlReply) return this.#context.page(result);
    const { value, headers } = result instanceof Reply ? result : new Reply(result, {});
    // The schema drops members that it does not name, and if it refuses an answer, that is a fault of ours.
    this.#context.answer(status, answer && z.encode(answer, value), headers);
  }

  #parseParams(schema: z.ZodObject | undefined): unknown {
    const result = schema?.safeParse(this.#params);
    if (result?.success === false) throw new ProblemError(this.#spec.missing);
    return result?.data;
  }

  async #parseBody(): Promise<unknown> {
    const { body, bodyOptional } = this.#spec;
    if (body === undefined) return undefined;
    const bytes = await readBody(this.#context, MAX_JSON_BODY, BODY_TIMEOUT_MS);
    if (bytes === 'aborted') return undefined;
    if (typeof bytes === 'string') throw new ProblemError(bytes, { close: true });
    return bytes.length === 0 && bodyOptional ? body.parse({}) : parseBody(body, bytes);
  }
}

function bodyRefusal({ body, bodyOptional }: JsonSpec, req: HttpRequest): ProblemError | undefined {
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
