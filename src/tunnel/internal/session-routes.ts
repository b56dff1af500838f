import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import { CodedError } from '../../actors/errors.js';
import type { Logger } from '../../observability/log.js';
import type { ProblemCode } from '../../server/problem.js';
import { answerLater, requestIdOf, sendJson } from '../../server/send.js';
import type { SessionKey, Store } from '../session/contract.js';
import { SessionNotFoundError } from '../session/errors.js';
import { sessionKey } from '../session/key.js';

/** The routes about sessions (02-tunnel.md §2.5). */
export class SessionRoutes {
  readonly #store: Store;
  readonly #log: Logger;

  constructor(store: Store, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  /** GET /internal/session/:token → 200 Summary, 404, 410. */
  get(res: HttpResponse, req: HttpRequest): void {
    const id = requestIdOf(req);
    const summary = this.#store.lookup(tokenOf(req)).then((handle) => handle.summary());
    answerLater(res, id, this.#log, summary, (value) => sendJson(res, id, value), problemOf);
  }

  /** GET /internal/sessions → 200 `{items: Summary[]}`. */
  list(res: HttpResponse, req: HttpRequest): void {
    const id = requestIdOf(req);
    answerLater(res, id, this.#log, this.#store.list(), (items) => sendJson(res, id, { items }), problemOf);
  }

  /** POST /internal/session/:token/close → 204, 404. With `?epoch=`: only the session of that epoch. */
  close(res: HttpResponse, req: HttpRequest): void {
    const id = requestIdOf(req);
    const closed = this.#close(tokenOf(req), req.getQuery('epoch'));
    const answer = () => {
      res.writeStatus('204 No Content').writeHeader('X-Request-Id', id).endWithoutBody();
    };
    answerLater(res, id, this.#log, closed, answer, problemOf);
  }

  async #close(token: SessionKey, epoch: string | undefined): Promise<void> {
    const handle = await this.#store.lookup(token);
    if (epoch !== undefined && handle.summary().epoch !== Number(epoch)) throw new SessionNotFoundError();
    await this.#store.unregister(token, handle);
    await handle.close('normal');
  }
}

function tokenOf(req: HttpRequest): SessionKey {
  return sessionKey(req.getParameter(0) ?? '');
}

function problemOf(error: unknown): ProblemCode | undefined {
  if (!(error instanceof CodedError)) return undefined;
  if (error.code === 'ERR_SESSION_NOT_FOUND') return 'session-not-found';
  return error.code === 'ERR_SESSION_EXPIRED' ? 'session-expired' : undefined;
}
