import type { RequestLog, Unfinished } from '../../server/request-log.js';
import type { ProblemRequest } from '../../server/send.js';

/** What is known of a request at the internal API. */
export interface InternalRequestOptions {
  readonly log: RequestLog;
  readonly requestId: string;
  readonly method: string;
  /** The route's pattern: a path may hold a session token. */
  readonly path: string;
  readonly userId?: string | undefined;
  readonly deviceId?: string | undefined;
}

/** One request at the internal API, which api-server sends: who called that, it has told itself. */
export class InternalRequest implements ProblemRequest {
  readonly log: RequestLog;
  readonly requestId: string;
  readonly startedAt = performance.now();
  readonly method: string;
  readonly path: string;
  readonly instance = undefined;
  readonly userId: string | undefined;
  readonly deviceId: string | undefined;
  readonly remoteAddr = undefined;

  constructor({ log, requestId, method, path, userId, deviceId }: InternalRequestOptions) {
    this.log = log;
    this.requestId = requestId;
    this.method = method;
    this.path = path;
    this.userId = userId;
    this.deviceId = deviceId;
  }

  told(status: number, bytes: number, unfinished?: Unfinished): void {
    this.log.answered(this, status, bytes, unfinished);
  }
}
