import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { isBodyless } from '../http1/response-head.js';
import { type ProblemCode, problemKind } from '../problems/problem.js';
import type { ProblemOptions } from '../problems/problem-error.js';
import { endHead } from '../server/end-head.js';
import { endWhole } from '../server/end-whole.js';
import { HeldBody } from '../server/held-body.js';
import type { FieldSource } from '../server/request-fields.js';
import type { RequestLog, Unfinished } from '../server/request-log.js';
import { type ProblemRequest, requestIdOf, sendProblem, tellProblem } from '../server/send.js';
import { statusLine } from '../server/status-line.js';
import { utf8 } from '../server/utf8.js';
import { OWN_ANSWER_FIELDS } from './fields.js';
import { HtmlReply, type ReplyHeaders } from './reply.js';
import type { ProblemPage } from './route.js';

/** One request and its answer. */
export class HttpContext implements ProblemRequest {
  readonly log: RequestLog;
  readonly res: HttpResponse;
  readonly requestId: string;
  readonly startedAt = performance.now();
  /** As it was sent. */
  readonly method: string;
  /** As it was sent: not decoded, without the query. */
  readonly path: string;
  /** What is known of its sender and of what it is about, once it is. */
  userId: string | undefined;
  deviceId: string | undefined;
  remoteAddr: string | undefined;
  #over = false;
  #told = false;
  #body: HeldBody | undefined;
  #aborted: () => void = () => {};
  #problemPage: ProblemPage | undefined;

  /** @param fields of the request, where they have been read already */
  constructor(log: RequestLog, res: HttpResponse, req: HttpRequest, fields: FieldSource = req) {
    this.log = log;
    this.res = res;
    this.requestId = requestIdOf(fields);
    this.method = req.getCaseSensitiveMethod();
    this.path = req.getUrl();
  }

  get instance(): string {
    return this.path;
  }

  /** The caller has gone away, or has its answer: nothing can be written any more. */
  get over(): boolean {
    return this.#over;
  }

  /** Somebody else has answered. */
  answered(): void {
    this.#over = true;
  }

  /** Must be called when the answer is not made before the request's handler returns. */
  suspend(): void {
    this.res.onAborted(() => {
      this.#over = true;
      this.#body?.abandon();
      this.#aborted();
      this.told(0, 0, 'aborted');
    });
  }

  /** Tells when the caller goes away before it has its answer; one listener, of a suspended exchange. */
  onAbort(listener: () => void): void {
    this.#aborted = listener;
  }

  /** The body, where it is held back. */
  get body(): HeldBody | undefined {
    return this.#body;
  }

  /** Holds the body back until it is known what becomes of it. */
  holdBody(): HeldBody {
    this.#body = new HeldBody(this.res);
    return this.#body;
  }

  /** From here on its caller is a person, who is shown problems as pages. */
  showProblemsAs(page: ProblemPage | undefined): void {
    this.#problemPage = page;
  }

  /** Answers with a problem, unless it is over. */
  problem(code: ProblemCode, options: ProblemOptions = {}): void {
    if (this.#over) return this.#unheard(code, options);
    this.#body?.discard();
    if (this.#problemPage !== undefined) return this.#showProblem(this.#problemPage, code, options);
    this.#over = true;
    this.res.cork(() => this.writeProblem(code, options));
  }

  /** Writes a problem and nothing else: inside a cork, for whoever keeps track of the answer himself. */
  writeProblem(code: ProblemCode, { headers, ...options }: ProblemOptions = {}): void {
    sendProblem(this.res, this, code, {
      ...options,
      head: this.method === 'HEAD',
      headers: { ...OWN_ANSWER_FIELDS, ...headers },
    });
  }

  /**
   * Answers with JSON, unless it is over.
   * @param value undefined: the answer has no body
   */
  answer(status: number, value: unknown, headers: ReplyHeaders = {}): void {
    if (value === undefined) this.#write(status, undefined, headers);
    else this.#write(status, utf8(JSON.stringify(value)), { 'Content-Type': 'application/json', ...headers });
  }

  /** Answers with a page, unless it is over. */
  page({ status, html, headers }: HtmlReply, close = false): void {
    this.#write(status, utf8(html), { 'Content-Type': 'text/html; charset=utf-8', ...headers }, close);
  }

  /** Answers with a file, or with 304: it has not changed. Unless it is over. */
  file(status: 200 | 304, body: Buffer, headers: ReplyHeaders): void {
    this.#write(status, body, headers);
  }

  told(status: number, bytes: number, unfinished?: Unfinished): void {
    if (this.#told) return;
    this.#told = true;
    this.log.answered(this, status, bytes, unfinished);
  }

  /** Nobody waits for the answer, but a fault of ours is one all the same. */
  #unheard(code: ProblemCode, { because }: ProblemOptions): void {
    if (code === 'internal') this.log.problem(this, code, because);
  }

  #showProblem(page: ProblemPage, code: ProblemCode, options: ProblemOptions): void {
    const { detail, headers, close } = options;
    tellProblem(this, code, options);
    const { status, retryAfter } = problemKind(code);
    const retry = retryAfter === undefined ? undefined : { 'Retry-After': String(retryAfter) };
    const { html, headers: ofPage } = page(code, detail, this.requestId);
    this.page(new HtmlReply(html, { ...retry, ...headers, ...ofPage }, status), close);
  }

  #write(status: number, body: Buffer | undefined, headers: ReplyHeaders, close = false): void {
    if (this.#over) return;
    this.#over = true;
    const length = body?.length ?? 0;
    if (this.log.access) this.told(status, this.method === 'HEAD' ? 0 : length);
    this.res.cork(() => {
      this.res.writeStatus(statusLine(status)).writeHeader('X-Request-Id', this.requestId);
      this.#writeFields(headers);
      if (isBodyless(status, false)) this.res.endWithoutBody();
      else if (this.method === 'HEAD') endHead(this.res, length, close);
      else endWhole(this.res, body, close);
    });
  }

  #writeFields(headers: ReplyHeaders): void {
    const fields: ReplyHeaders = { ...OWN_ANSWER_FIELDS, ...headers };
    for (const [name, values] of Object.entries(fields)) {
      for (const value of typeof values === 'string' ? [values] : values) this.res.writeHeader(name, value);
    }
  }
}
