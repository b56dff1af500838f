import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { endHead } from '../server/end-head.js';
import { HeldBody } from '../server/held-body.js';
import type { ProblemCode } from '../server/problem.js';
import { type ProblemOptions, requestIdOf, sendProblem } from '../server/send.js';
import { OWN_ANSWER_FIELDS } from './fields.js';

/** One request and its answer. */
export class Exchange {
  readonly res: HttpResponse;
  readonly requestId: string;
  /** As it was sent. */
  readonly method: string;
  /** As it was sent: not decoded, without the query. */
  readonly path: string;
  #over = false;
  #body: HeldBody | undefined;

  constructor(res: HttpResponse, req: HttpRequest) {
    this.res = res;
    this.requestId = requestIdOf(req);
    this.method = req.getCaseSensitiveMethod();
    this.path = req.getUrl();
  }

  /** The caller has gone away, or has its answer: nothing can be written any more. */
  get over(): boolean {
    return this.#over;
  }

  /** Must be called when the answer is not made before the request's handler returns. */
  suspend(): void {
    this.res.onAborted(() => {
      this.#over = true;
      this.#body?.abandon();
    });
  }

  /** Holds the body back until it is known what becomes of it. */
  holdBody(): HeldBody {
    this.#body = new HeldBody(this.res);
    return this.#body;
  }

  /** Answers with a problem, unless it is over. */
  problem(code: ProblemCode, options?: ProblemOptions): void {
    if (this.#over) return;
    this.#over = true;
    this.#body?.discard();
    this.res.cork(() => this.writeProblem(code, options));
  }

  /** Writes a problem and nothing else: inside a cork, for whoever keeps track of the answer himself. */
  writeProblem(code: ProblemCode, { headers, ...options }: ProblemOptions = {}): void {
    sendProblem(this.res, code, this.requestId, {
      ...options,
      instance: this.path,
      head: this.method === 'HEAD',
      headers: headers === undefined ? OWN_ANSWER_FIELDS : { ...OWN_ANSWER_FIELDS, ...headers },
    });
  }

  /** Answers 200 with JSON, unless it is over. */
  json(value: unknown): void {
    if (this.#over) return;
    this.#over = true;
    const text = JSON.stringify(value);
    this.res.cork(() => {
      this.res.writeHeader('Content-Type', 'application/json').writeHeader('X-Request-Id', this.requestId);
      for (const name in OWN_ANSWER_FIELDS) this.res.writeHeader(name, OWN_ANSWER_FIELDS[name] as string);
      if (this.method === 'HEAD') endHead(this.res, Buffer.byteLength(text), false);
      else this.res.end(text);
    });
  }
}
