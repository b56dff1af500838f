// `HttpProxyClient` asks remote-proxy about its sessions, over the internal API.
import { z } from 'zod';
import type { ProxyClient, SessionRange, Summary } from '../../contract/session.js';
import { SessionExpiredError, SessionNotFoundError } from '../../contract/session-errors.js';
import type { TunnelKey } from '../../contract/tunnel-key.js';
import type { Epoch } from '../../store/ports/ids.js';
import {
  ProxyBrokeOffError,
  ProxyRefusedError,
  ProxyUnreachableError,
  ProxyUnreadyError,
  wasSent,
} from './proxy-failure.js';
import { MAX_CONTROL_REQUESTS } from './proxy-limits.js';
import type { ControlAnswer, ProxyPool } from './proxy-pool.js';

const time = z.iso.datetime().transform((text) => new Date(text));

const summary = z.object({
  token: z.string().transform((text) => text as TunnelKey),
  userId: z.string(),
  deviceId: z.string().exactOptional(),
  epoch: z.number().transform((epoch) => epoch as Epoch),
  connectedAt: time,
  lastHeartbeat: time,
  remoteAddr: z.string().exactOptional(),
  proxyNodeId: z.string().exactOptional(),
  proxyInternalUrl: z.string().exactOptional(),
});

const summaries = z.object({ items: z.array(summary) });

/**
 * Remote-proxy's sessions over its internal API (02-tunnel.md §2.5). Rejects with ERR_PROXY_UNREACHABLE, ERR_PROXY_REFUSED,
 * or, if the request may have been carried out, ERR_PROXY_BROKE_OFF.
 */
export class HttpProxyClient implements ProxyClient {
  readonly #pool: Pick<ProxyPool, 'ask'>;
  /** How many requests are under way. */
  #underWay = 0;

  constructor(pool: Pick<ProxyPool, 'ask'>) {
    this.#pool = pool;
  }

  async getSession(token: TunnelKey): Promise<Summary> {
    return parsed(summary, await this.#call('GET', `/internal/session/${encodeURIComponent(token)}`));
  }

  async listSessions(): Promise<Summary[]> {
    return parsed(summaries, await this.#call('GET', '/internal/sessions')).items;
  }

  async listSessionsOf(userId: string, { limit, from, upTo }: SessionRange): Promise<Summary[]> {
    const query = new URLSearchParams({ user: userId, limit: String(limit) });
    if (from !== undefined) query.set('from', from);
    if (upTo !== undefined) query.set('upTo', upTo);
    return parsed(summaries, await this.#call('GET', `/internal/sessions?${query}`)).items;
  }

  async closeSession(token: TunnelKey, epoch?: Epoch): Promise<void> {
    const only = epoch === undefined ? '' : `?epoch=${epoch}`;
    await this.#call('POST', `/internal/session/${encodeURIComponent(token)}/close${only}`);
  }

  /** Whether remote-proxy says that calls to devices can be served, which do not need its store. */
  async ready(): Promise<boolean> {
    try {
      await this.#call('GET', '/internal/ready?parts=device-calls');
      return true;
    } catch (error) {
      if (error instanceof ProxyUnreadyError) return false;
      throw error;
    }
  }

  async #call(method: 'GET' | 'POST', path: string): Promise<string> {
    if (this.#underWay >= MAX_CONTROL_REQUESTS) {
      throw new ProxyUnreachableError(`${MAX_CONTROL_REQUESTS} calls wait for it already`);
    }
    this.#underWay += 1;
    try {
      const { status, text } = await this.#ask(method, path);
      if (status === 404) throw new SessionNotFoundError();
      if (status === 410) throw new SessionExpiredError();
      if (status === 401) throw new ProxyRefusedError();
      if (status === 503) throw new ProxyUnreadyError();
      if (status >= 300) throw noAnswer(method, `it answered ${status}`);
      return text;
    } finally {
      this.#underWay -= 1;
    }
  }

  async #ask(method: 'GET' | 'POST', path: string): Promise<ControlAnswer> {
    try {
      return await this.#pool.ask(method, path);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw noAnswer(wasSent(error) ? method : 'GET', why, { cause: error });
    }
  }
}

/** The error of a request without an answer. @param method the request's method: a GET changes nothing */
function noAnswer(method: 'GET' | 'POST', why: string, options?: ErrorOptions): Error {
  return method === 'GET' ? new ProxyUnreachableError(why, options) : new ProxyBrokeOffError(why, options);
}

function parsed<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new ProxyUnreachableError('it answered what is not a session', { cause: error });
  }
}
