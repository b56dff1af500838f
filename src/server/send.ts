// These functions send the product's own answers: problems, JSON and text.
import type { HttpResponse } from 'uWebSockets.js';
import {
  type FieldError,
  PROBLEM_CONTENT_TYPE,
  type ProblemCode,
  problemKind,
  renderProblem,
} from '../problems/problem.js';
import type { ProblemOptions } from '../problems/problem-error.js';
import { endHead, statusLine, utf8 } from './answer.js';
import type { ServedRequest } from './request-log.js';

/** A request that may be answered with a problem. */
export interface ProblemRequest extends ServedRequest {
  /** The path that the problem shows; undefined: the problem shows none. */
  readonly instance: string | undefined;
}

/**
 * Answers with a problem (RFC 9457) and tells the operator; this is the one place where that is done. To be called inside a
 * cork, or before the first await.
 */
export function sendProblem(
  res: HttpResponse,
  request: ProblemRequest,
  code: ProblemCode,
  options: ProblemOptions = {},
): void {
  const { detail, errors, headers = {}, close = false, head = false } = options;
  const { requestId: id, instance } = request;
  const { status, retryAfter } = problemKind(code);
  res.writeStatus(statusLine(status));
  res.writeHeader('Content-Type', PROBLEM_CONTENT_TYPE);
  res.writeHeader('X-Request-Id', id);
  if (retryAfter !== undefined && !('Retry-After' in headers))
    res.writeHeader('Retry-After', String(retryAfter));
  if (status === 401) res.writeHeader('WWW-Authenticate', 'Bearer');
  for (const name in headers) res.writeHeader(name, headers[name] as string);
  const body = utf8(renderProblem(code, { requestId: id, detail, instance, errors }));
  tellProblem(request, code, options);
  request.logAnswered(status, head ? 0 : body.length);
  if (head) endHead(res, body.length, close);
  else res.end(body, close);
}

/** Tells the operator of a problem that is the answer to a request. */
export function tellProblem(
  request: ServedRequest,
  code: ProblemCode,
  { detail, errors, because = detail ?? firstOf(errors), unready = false }: ProblemOptions,
): void {
  if (unready) request.log.unready(request, code, because);
  else request.log.problem(request, code, because);
}

/** The first member that does not match, and why; its value is not shown. */
function firstOf(errors: readonly FieldError[] = []): string | undefined {
  const [first] = errors;
  return first && `${first.path} ${first.message}`.trim();
}

/** Answers 200 with JSON. */
export function sendJson(res: HttpResponse, request: ServedRequest, value: unknown): void {
  sendJsonText(res, request, JSON.stringify(value));
}

/** Answers 200 with text that is JSON already. */
export function sendJsonText(res: HttpResponse, request: ServedRequest, json: string): void {
  sendText(res, request, 'application/json', json);
}

/** Answers 200 with text of a media type. */
export function sendText(res: HttpResponse, request: ServedRequest, mediaType: string, text: string): void {
  const { requestId: id, log } = request;
  res.writeHeader('Content-Type', mediaType).writeHeader('X-Request-Id', id);
  const body = utf8(text);
  res.end(body);
  if (log.access) request.logAnswered(200, body.length);
}

/** Finds the problem with which an error is answered; undefined: the error is a fault of ours. */
export type ProblemOf = (error: unknown) => ProblemCode | undefined;

/**
 * Answers when `work` settles, unless the caller went away: `answer` answers with its value, or the problem that `problemOf`
 * names is sent; a fault of ours is 500.
 */
export function answerLater<T>(
  res: HttpResponse,
  request: ProblemRequest,
  work: Promise<T>,
  answer: (value: T) => void,
  problemOf: ProblemOf,
): void {
  let aborted = false;
  res.onAborted(() => {
    aborted = true;
    request.logAnswered(0, 0, 'aborted');
  });
  work.then(
    (value) => {
      if (!aborted) res.cork(() => answer(value));
    },
    (error: unknown) => {
      const code = problemOf(error) ?? 'internal';
      if (!aborted) res.cork(() => sendProblem(res, request, code, { because: error }));
      // The caller has gone, but a fault of ours is reported to the operator nevertheless.
      else if (code === 'internal') request.log.problem(request, code, error);
    },
  );
}
