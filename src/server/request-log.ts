// This file tells the operator of requests, in the log, in metrics and in the audit log.
import type { RefusalAudit } from '../audit/refusal-audit.js';
import { type Logger, plainLogger } from '../observability/log.js';
import type { Metrics } from '../observability/metrics.js';
import { type ProblemCode, problemKind } from '../problems/problem.js';
import type { UserId } from '../store/ports/ids.js';
import { truncate } from '../text/characters.js';

/** A request as the operator is told of it; what is left out is not known, or was not looked at. */
export interface LoggedRequest {
  readonly requestId: string;
  /** Milliseconds of `performance.now`. */
  readonly startedAt?: number;
  readonly method: string;
  /** Without the query; where a path holds a secret, its pattern. */
  readonly path: string;
  readonly userId?: string | undefined;
  /** The id of the thing that the request is for. All such things are devices so far: log lines have the id as `deviceId`. */
  readonly targetId?: string | undefined;
  readonly remoteAddr?: string | undefined;
}

/** A request, and the log that tells the operator of it. */
export interface ServedRequest extends LoggedRequest {
  readonly log: RequestLog;
  /** Tells of the answer, once, where an access log is wanted: bytes of its body, and how it ended if it is not whole. */
  logAnswered(status: number, bytes: number, unfinished?: Unfinished): void;
}

export interface RequestLogOptions {
  readonly log: Logger;
  readonly metrics: Metrics;
  /** The audit log of requests that users were refused. */
  readonly refusals: Pick<RefusalAudit, 'record'>;
  /** Every request gets a line, not only those that fail here. */
  readonly access: boolean;
}

/** How an answer ended that is not whole: its caller went away, or it was cut here. */
export type Unfinished = 'aborted' | 'cut';

/** Characters that a line keeps of a path or an id that a caller made up. */
const MAX_TEXT = 256;
/** Characters that an audit row keeps of an id: more than ours have. */
const MAX_ID = 64;

/**
 * Tells the operator of requests: one line for each that this process itself answers with an error, found by the request id that
 * the caller has (docs/errors.md), and one for each other request where an access log is wanted. No line is left out, as a caller
 * may come with any id. An answer of a device, whatever its status, is no error of this process.
 */
export class RequestLog {
  readonly #log: Logger;
  readonly #accessLog: Logger | undefined;
  readonly #metrics: Metrics;
  readonly #refusals: Pick<RefusalAudit, 'record'>;

  constructor({ log, metrics, refusals, access }: RequestLogOptions) {
    this.#log = log;
    this.#metrics = metrics;
    this.#refusals = refusals;
    this.#accessLog = access ? plainLogger(log) : undefined;
  }

  /** Whether every request is a line: {@link answered} does nothing otherwise. */
  get access(): boolean {
    return this.#accessLog !== undefined;
  }

  /**
   * Tells of a request that is answered with a problem. 5xx is worth a look (`warn`; a fault of ours `error`, with its stack); 4xx is the
   * caller's (`info`).
   * @param because what was thrown, or a word for the operator
   */
  problem(request: LoggedRequest, code: ProblemCode, because: unknown): void {
    this.#metrics.problems[code] += 1;
    const { status } = problemKind(code);
    if (code === 'forbidden') this.#forbidden(request);
    if (status < 500) {
      return this.#log.info(
        { ...about(request), code, status, reason: reasonOf(because) },
        'a request was refused',
      );
    }
    const line = { ...about(request), code, status, reason: reasonOf(because) };
    if (code !== 'internal') this.#log.warn(line, 'a request failed');
    else this.#log.error({ ...line, err: because }, 'a request failed');
  }

  /** Tells that a process that was asked said it is not ready: the request itself did not fail. */
  unready(request: LoggedRequest, code: ProblemCode, because: unknown): void {
    const { status } = problemKind(code);
    this.#log.debug({ ...about(request), code, status, reason: reasonOf(because) }, 'not ready');
  }

  /** Audits what a known user was refused: a foreign page that tries with the user's cookie, for one. */
  #forbidden({ userId, targetId, requestId, remoteAddr }: LoggedRequest): void {
    if (userId === undefined) return;
    this.#refusals.record(userId as UserId, {
      action: 'request.forbidden',
      result: 'refused',
      requestId,
      ...(targetId !== undefined && { target: truncate(targetId, MAX_ID) }),
      ...(remoteAddr !== undefined && { remoteAddr }),
    });
  }

  /** Tells of an answer that failed after its head was sent: its connection is cut, as no problem can follow. */
  answerCut(request: LoggedRequest, code: ProblemCode, because: string): void {
    this.#log.warn({ ...about(request), code, reason: because }, 'an answer was cut');
  }

  /** Tells of an answered request. @param bytes of the body. @param unfinished how the answer ended; undefined: whole */
  answered(request: LoggedRequest, status: number, bytes: number, unfinished: Unfinished | undefined): void {
    if (this.#accessLog === undefined) return;
    const line = { ...about(request), status, bytes };
    this.#accessLog.info(unfinished === undefined ? line : { ...line, ended: unfinished }, 'request');
  }
}

function about(request: LoggedRequest) {
  const { requestId, method, path, userId, targetId, remoteAddr } = request;
  return {
    requestId,
    method: truncate(method, MAX_TEXT),
    path: truncate(path, MAX_TEXT),
    userId,
    deviceId: targetId === undefined ? undefined : truncate(targetId, MAX_TEXT),
    remoteAddr,
    ms: ageOf(request),
  };
}

/** Time since the request's head, in ms. */
function ageOf({ startedAt }: LoggedRequest): number | undefined {
  return startedAt === undefined ? undefined : Math.round((performance.now() - startedAt) * 10) / 10;
}

function reasonOf(because: unknown): string | undefined {
  if (because === undefined) return undefined;
  return because instanceof Error ? because.message : String(because);
}
