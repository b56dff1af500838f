// `RequestLog` tells the operator of requests, in the log, in metrics and in the audit log.
import type { RefusalAudit } from '../audit/refusal-audit.js';
import { type Logger, plainLogger } from '../observability/log.js';
import type { Metrics } from '../observability/metrics.js';
import { type ProblemCode, problemKind } from '../problems/problem.js';
import type { UserId } from '../store/ports/ids.js';
import { truncate } from '../text/characters.js';

/** A request as it is reported to the operator; members that are left out are not known, or were not looked at. */
export interface LoggedRequest {
  readonly requestId: string;
  /** When the request's head came, in milliseconds of `performance.now`. */
  readonly startedAt?: number;
  readonly method: string;
  /** The path without the query; if a path may hold a secret, the route's pattern. */
  readonly path: string;
  readonly userId?: string | undefined;
  /** The id of the thing that the request is for. All such things are devices so far: log lines have the id as `deviceId`. */
  readonly targetId?: string | undefined;
  readonly remoteAddr?: string | undefined;
}

/** A request, and the log that tells the operator of it. */
export interface ServedRequest extends LoggedRequest {
  readonly log: RequestLog;
  /** Reports the answer, once, if an access log is wanted: the bytes of its body, and how it ended if it is not whole. */
  logAnswered(status: number, bytes: number, unfinished?: Unfinished): void;
}

/** The options of a {@link RequestLog}. */
export interface RequestLogOptions {
  readonly log: Logger;
  readonly metrics: Metrics;
  /** The audit log of requests that users were refused. */
  readonly refusals: Pick<RefusalAudit, 'record'>;
  /** True if every request gets a line, not only those that fail here. */
  readonly access: boolean;
}

/** How an incomplete answer ended: the caller went away, or this process cut it. */
export type Unfinished = 'aborted' | 'cut';

/** How many characters a line keeps of a path or an id that a caller made up. */
const MAX_TEXT = 256;
/** How many characters an audit row keeps of an id: more than our ids have. */
const MAX_ID = 64;

/**
 * Tells the operator of requests: one line for each that this process itself answers with an error, found by the request id
 * that the caller has (docs/errors.md), and one for each other request if an access log is wanted. No line is left out, as a
 * caller may come with any id. An answer of a device, whatever its status, is no error of this process.
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

  /** Whether every request gets a line; if not, {@link answered} does nothing. */
  get access(): boolean {
    return this.#accessLog !== undefined;
  }

  /**
   * Tells of a request that is answered with a problem. A 5xx is worth a look (`warn`; a fault of ours `error`, with its
   * stack); a 4xx is the caller's fault (`info`).
   * @param because the thrown error, or a word for the operator
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

  /** Reports that the process answered that it is not ready: the request itself did not fail. */
  unready(request: LoggedRequest, code: ProblemCode, because: unknown): void {
    const { status } = problemKind(code);
    this.#log.debug({ ...about(request), code, status, reason: reasonOf(because) }, 'not ready');
  }

  /** Audits a request that a known user was refused: a foreign page that tries with the user's cookie, for example. */
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

/** The time since the request's head came, in ms. */
function ageOf({ startedAt }: LoggedRequest): number | undefined {
  return startedAt === undefined ? undefined : Math.round((performance.now() - startedAt) * 10) / 10;
}

function reasonOf(because: unknown): string | undefined {
  if (because === undefined) return undefined;
  return because instanceof Error ? because.message : String(because);
}
