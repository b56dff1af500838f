// HttpContext is one request as handlers see it: its id, its sender, its body, and the ways to answer it.
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { isBodyless } from '../http1/response-head.js';
import type { WriteAllowance } from '../limits/write-allowance.js';
import { type ProblemCode, problemKind } from '../problems/problem.js';
import type { ProblemOptions } from '../problems/problem-error.js';
import { endHead, endWhole, statusLine, utf8 } from '../server/answer.js';
import { HeldBody } from '../server/held-body.js';
import type { HeaderSource } from '../server/request-headers.js';
import { requestIdOf } from '../server/request-headers.js';
import type { RequestLog, Unfinished } from '../server/request-log.js';
import { type ProblemRequest, sendProblem, tellProblem } from '../server/send.js';
import type { TrustedProxies } from '../server/trusted-proxies.js';
import { HtmlReply, type ProblemPage, type ReplyHeaders } from './reply.js';

/** The headers of every answer of our own, which is data for one user and never a page. */
const OWN_ANSWER_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
};

/** The parts that all requests of a listener share. */
export interface SharedParts {
  readonly log: RequestLog;
  readonly proxies: TrustedProxies;
  /** The allowance that bounds how much each user may change. */
  readonly writes: Pick<WriteAllowance, 'count'>;
}

/** One request and its answer. */
export class HttpContext implements ProblemRequest {
  readonly shared: SharedParts;
  readonly res: HttpResponse;
  readonly requestId: string;
  readonly startedAt = performance.now();
  /** The method as it was sent. */
  readonly method: string;
  /** The path as it was sent: not decoded, without the query. */
  readonly path: string;
  /** The user who calls; undefined until the user is known. */
  userId: string | undefined;
  /** The id of the resource that the request names; undefined until the id is known, or if the request names none. */
  targetId: string | undefined;
  /** The sender's address: the socket's, or the one that a trusted proxy reports; undefined until it is read. */
  remoteAddr: string | undefined;
  #over = false;
  #answerLogged = false;
  #body: HeldBody | undefined;
  #aborted: () => void = () => {};
  #problemPage: ProblemPage | undefined;

  /** Reads the request line while `req` is live. @param headers the request's headers, as its route reads them */
  constructor(shared: SharedParts, res: HttpResponse, req: HttpRequest, headers: HeaderSource) {
    this.shared = shared;
    this.res = res;
    this.requestId = requestIdOf(headers);
    this.method = req.getCaseSensitiveMethod();
    this.path = req.getUrl();
  }

  get log(): RequestLog {
    return this.shared.log;
  }

  get instance(): string {
    return this.path;
  }

  /** Whether the caller has gone away or has its answer: nothing can be written any more. */
  get over(): boolean {
    return this.#over;
  }

  /** Marks the request as answered by another writer, such as a `ResponseWriter`. */
  answered(): void {
    this.#over = true;
  }

  /** Reads the sender's address while `req` is live, and keeps it as {@link remoteAddr}. */
  readRemoteAddr(req: HttpRequest): string {
    this.remoteAddr = this.shared.proxies.clientAddress(this.res, req);
    return this.remoteAddr;
  }

  /** Prepares for an answer that is made after the router's handler has returned. */
  suspend(): void {
    this.res.onAborted(() => {
      this.#over = true;
      this.#body?.abandon();
      this.#aborted();
      this.logAnswered(0, 0, 'aborted');
    });
  }

  /** Calls `listener`, the only one, when the caller of a suspended request goes away before it has its answer. */
  onAbort(listener: () => void): void {
    this.#aborted = listener;
  }

  /** The body, if {@link holdBody} holds it back. */
  get body(): HeldBody | undefined {
    return this.#body;
  }

  /** Holds the body back until a handler reads or forwards it, or a problem discards it. */
  holdBody(): HeldBody {
    this.#body = new HeldBody(this.res);
    return this.#body;
  }

  /** Shows problems as pages from here on, as the caller is a person. Undefined: shows them as problem documents. */
  showProblemsAs(page: ProblemPage | undefined): void {
    this.#problemPage = page;
  }

  /** Answers with a problem, unless the request is over. */
  problem(code: ProblemCode, options: ProblemOptions = {}): void {
    if (this.#over) return this.#unheard(code, options);
    this.#body?.discard();
    if (this.#problemPage !== undefined) return this.#showProblem(this.#problemPage, code, options);
    this.#over = true;
    this.res.cork(() => this.writeProblem(code, options));
  }

  /** Writes a problem without changing the state of the request: for callers that keep that state themselves, inside a cork. */
  writeProblem(code: ProblemCode, { headers, ...options }: ProblemOptions = {}): void {
    sendProblem(this.res, this, code, {
      ...options,
      head: this.method === 'HEAD',
      headers: { ...OWN_ANSWER_HEADERS, ...headers },
    });
  }

  /**
   * Answers with JSON, unless the request is over.
   * @param value undefined: the answer has no body
   */
  answer(status: number, value: unknown, headers: ReplyHeaders = {}): void {
    if (value === undefined) this.#write(status, undefined, headers);
    else this.#write(status, utf8(JSON.stringify(value)), { 'Content-Type': 'application/json', ...headers });
  }

  /** Answers with an HTML page, unless the request is over. */
  page({ status, html, headers }: HtmlReply, close = false): void {
    this.#write(status, utf8(html), { 'Content-Type': 'text/html; charset=utf-8', ...headers }, close);
  }

  /** Answers with a file, or with 304 if the caller has the file; unless the request is over. */
  file(status: 200 | 304, body: Buffer, headers: ReplyHeaders): void {
    this.#write(status, body, headers);
  }

  /**
   * Logs how the request was answered, once.
   * @param bytes the size of the body
   * @param unfinished undefined: the answer is whole
   */
  logAnswered(status: number, bytes: number, unfinished?: Unfinished): void {
    if (this.#answerLogged) return;
    this.#answerLogged = true;
    this.log.answered(this, status, bytes, unfinished);
  }

  /** Logs a fault of ours whose request is over: nobody waits for the answer, but the operator must hear of the fault. */
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
    if (this.log.access) this.logAnswered(status, this.method === 'HEAD' ? 0 : length);
    this.res.cork(() => {
      this.res.writeStatus(statusLine(status)).writeHeader('X-Request-Id', this.requestId);
      this.#writeHeaders(headers);
      if (isBodyless(status, false)) this.res.endWithoutBody();
      else if (this.method === 'HEAD') endHead(this.res, length, close);
      else endWhole(this.res, body, close);
    });
  }

  #writeHeaders(headers: ReplyHeaders): void {
    const all: ReplyHeaders = { ...OWN_ANSWER_HEADERS, ...headers };
    for (const [name, values] of Object.entries(all)) {
      for (const value of typeof values === 'string' ? [values] : values) this.res.writeHeader(name, value);
    }
  }
}
