import type { HttpResponse } from 'uWebSockets.js';
import type { Logger } from '../observability/log.js';
import { endHead } from './end-head.js';
import {
  type FieldError,
  PROBLEM_CONTENT_TYPE,
  type ProblemCode,
  problemKind,
  renderProblem,
} from './problem.js';
import type { FieldSource } from './request-fields.js';
import { requestId } from './request-id.js';
import { statusLine } from './status-line.js';

/** What is said about one problem beside its code. */
export interface ProblemOptions {
  readonly detail?: string;
  readonly instance?: string;
  /** Of a `validation` problem: what does not match. */
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Close the connection: the request's body was not read. */
  readonly close?: boolean;
  /** The answer is to HEAD: as with GET, but without the body. */
  readonly head?: boolean;
}

/** The id of a request. Only while `req` is live: before the first await. */
export function requestIdOf(req: FieldSource): string {
  return requestId(req.getHeader('x-request-id'));
}

/** Answers with a problem (RFC 9457). Inside a cork, or before the first await. */
export function sendProblem(
  res: HttpResponse,
  code: ProblemCode,
  id: string,
  { detail, instance, errors, headers = {}, close = false, head = false }: ProblemOptions = {},
): void {
  const { status, retryAfter } = problemKind(code);
  res.writeStatus(statusLine(status));
  res.writeHeader('Content-Type', PROBLEM_CONTENT_TYPE);
  res.writeHeader('X-Request-Id', id);
  if (retryAfter !== undefined && !('Retry-After' in headers))
    res.writeHeader('Retry-After', String(retryAfter));
  if (status === 401) res.writeHeader('WWW-Authenticate', 'Bearer');
  for (const name in headers) res.writeHeader(name, headers[name] as string);
  const body = renderProblem(code, { requestId: id, detail, instance, errors });
  if (head) endHead(res, Buffer.byteLength(body), close);
  else res.end(body, close);
}

/** Answers 200 with JSON. */
export function sendJson(res: HttpResponse, id: string, value: unknown): void {
  sendJsonText(res, id, JSON.stringify(value));
}

/** Answers 200 with what is JSON already. */
export function sendJsonText(res: HttpResponse, id: string, json: string): void {
  res.writeHeader('Content-Type', 'application/json').writeHeader('X-Request-Id', id);
  res.end(json);
}

/** What a failed request is to its caller; undefined: a fault of ours. */
export type ProblemOf = (error: unknown) => ProblemCode | undefined;

/**
 * Answers when `work` settles, unless the caller went away: `answer` with its value, or the problem that `problemOf`
 * names. A fault of ours is logged and answered 500.
 */
export function answerLater<T>(
  res: HttpResponse,
  id: string,
  log: Logger,
  work: Promise<T>,
  answer: (value: T) => void,
  problemOf: ProblemOf,
): void {
  let aborted = false;
  res.onAborted(() => {
    aborted = true;
  });
  work.then(
    (value) => {
      if (!aborted) res.cork(() => answer(value));
    },
    (error: unknown) => {
      const code = problemOf(error);
      if (code === undefined) log.error({ err: error, requestId: id }, 'a request failed');
      if (!aborted) res.cork(() => sendProblem(res, code ?? 'internal', id));
    },
  );
}
