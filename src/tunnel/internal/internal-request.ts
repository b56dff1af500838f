// `InternalRequest` describes a request at the internal API for its log; `createAuthorizer` says which requests may be made.
import { timingSafeEqual } from 'node:crypto';
import type { RequestLog, Unfinished } from '../../server/request-log.js';
import type { ProblemRequest } from '../../server/send.js';
import type { Secret } from '../../text/secret.js';

/** Whether an `Authorization` header carries the internal secret; takes equal time for all wrong headers of its length. */
export function createAuthorizer(secret: Secret): (authorization: string) => boolean {
  const expected = Buffer.from(`Bearer ${secret.reveal()}`);
  return (authorization) => {
    const given = Buffer.from(authorization);
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
}

/** Facts of a request at the internal API. */
export interface InternalRequestOptions {
  readonly log: RequestLog;
  readonly requestId: string;
  readonly method: string;
  /** The route's pattern: a path may hold a session token. */
  readonly path: string;
  /** The address of the socket; left out: it is not looked at before the request fails. */
  readonly remoteAddr?: string;
  readonly userId?: string | undefined;
  readonly targetId?: string | undefined;
}

/**
 * One request at the internal API. Its sender is api-server, to which `remoteAddr` belongs: the log of api-server says who
 * called api-server.
 */
export class InternalRequest implements ProblemRequest {
  readonly log: RequestLog;
  readonly requestId: string;
  readonly startedAt = performance.now();
  readonly method: string;
  readonly path: string;
  readonly instance = undefined;
  readonly userId: string | undefined;
  readonly targetId: string | undefined;
  remoteAddr: string | undefined;

  constructor({ log, requestId, method, path, userId, targetId, remoteAddr }: InternalRequestOptions) {
    this.log = log;
    this.requestId = requestId;
    this.method = method;
    this.path = path;
    this.userId = userId;
    this.targetId = targetId;
    this.remoteAddr = remoteAddr;
  }

  logAnswered(status: number, bytes: number, unfinished?: Unfinished): void {
    this.log.answered(this, status, bytes, unfinished);
  }
}
