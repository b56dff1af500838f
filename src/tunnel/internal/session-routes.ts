// `SessionRoutes` answers the routes about sessions on the internal API.
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { CodedError } from '../../actors/errors.js';
import type { SessionRange, SessionStore, Summary, UserSessions } from '../../contract/session.js';
import type { TunnelKey } from '../../contract/tunnel-key.js';
import { tunnelKey } from '../../contract/tunnel-key.js';
import type { ProblemCode } from '../../problems/problem.js';
import { answerLater, sendJson, sendJsonText, sendProblem } from '../../server/send.js';
import { inSlices } from '../registry/registry-store.js';
import { closeSession } from '../registry/user-sessions.js';
import type { InternalRequest } from './internal-request.js';

/** The most sessions in one answer about a user. */
const MAX_LISTED = 1000;

/** The routes about sessions (02-tunnel.md §2.5). */
export class SessionRoutes {
  readonly #store: SessionStore;
  readonly #sessions: UserSessions;

  constructor(store: SessionStore, sessions: UserSessions) {
    this.#store = store;
    this.#sessions = sessions;
  }

  /** GET /internal/session/:token → 200 Summary, 404, 410. */
  get(res: HttpResponse, req: HttpRequest, request: InternalRequest): void {
    const summary = this.#store.lookup(tokenOf(req)).then((handle) => handle.summary());
    answerLater(res, request, summary, (value) => sendJson(res, request, value), problemOf);
  }

  /**
   * GET /internal/sessions → 200 `{items: Summary[]}`. With `?user=&limit=`, and perhaps `&from=&upTo=`: the sessions of one
   * user.
   */
  list(res: HttpResponse, req: HttpRequest, request: InternalRequest): void {
    // `getQuery(name)` is not used: it decodes in place, so that a parameter could be found inside a value.
    const query = new URLSearchParams(req.getQuery());
    const user = query.get('user');
    if (user !== null) return this.#listOf(res, request, user, rangeOf(query));
    const json = this.#store.list().then(jsonOf);
    answerLater(res, request, json, (text) => sendJsonText(res, request, text), problemOf);
  }

  /** POST /internal/session/:token/close → 204, 404. With `?epoch=`: only the session of that epoch. */
  close(res: HttpResponse, req: HttpRequest, request: InternalRequest): void {
    const epoch = req.getQuery('epoch');
    const closed = closeSession(this.#store, tokenOf(req), epoch === undefined ? undefined : Number(epoch));
    const answer = () => {
      res.writeStatus('204 No Content').writeHeader('X-Request-Id', request.requestId).endWithoutBody();
      request.logAnswered(204, 0);
    };
    answerLater(res, request, closed, answer, problemOf);
  }

  #listOf(
    res: HttpResponse,
    request: InternalRequest,
    userId: string,
    range: SessionRange | undefined,
  ): void {
    if (range === undefined) {
      return sendProblem(res, request, 'bad-request', {
        detail: `limit: a whole number from 1 to ${MAX_LISTED}`,
      });
    }
    const items = this.#sessions.list(userId, range);
    answerLater(res, request, items, (value) => sendJson(res, request, { items: value }), problemOf);
  }
}

/** The JSON of `{items}`, made in slices: very many items at once would hold up the event loop. */
async function jsonOf(items: readonly Summary[]): Promise<string> {
  const parts = await inSlices(items, (slice) => JSON.stringify(slice).slice(1, -1));
  return `{"items":[${parts.join(',')}]}`;
}

function rangeOf(query: URLSearchParams): SessionRange | undefined {
  const limit = Number(query.get('limit'));
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LISTED) return undefined;
  const [from, upTo] = [query.get('from'), query.get('upTo')];
  return { limit, ...(from !== null && { from }), ...(upTo !== null && { upTo }) };
}

function tokenOf(req: HttpRequest): TunnelKey {
  return tunnelKey(req.getParameter(0) ?? '');
}

function problemOf(error: unknown): ProblemCode | undefined {
  if (!(error instanceof CodedError)) return undefined;
  if (error.code === 'ERR_SESSION_NOT_FOUND') return 'session-not-found';
  return error.code === 'ERR_SESSION_EXPIRED' ? 'session-expired' : undefined;
}
