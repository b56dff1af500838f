import { Pool } from 'undici';
import { z } from 'zod';
import type { ProxyClient, SessionRange, Summary } from '../../contract/session.js';
import { SessionExpiredError, SessionNotFoundError } from '../../contract/session-errors.js';
import type { TunnelKey } from '../../contract/tunnel-key.js';
import type { Epoch } from '../../store/ports/ids.js';
import type { Secret } from '../../text/secret.js';
import {
  ProxyBrokeOffError,
  ProxyRefusedError,
  ProxyUnreachableError,
  ProxyUnreadyError,
} from './proxy-errors.js';

/** How long remote-proxy may take to answer, in ms; it only looks into a map. */
const ANSWER_MS = 5000;
const CONNECT_MS = 2000;
/** Connections to remote-proxy. Calls beyond wait for one. */
const CONNECTIONS = 8;
/** Calls under way or waiting; more are refused. */
const MAX_CALLS = 1024;
/** A list of 100,000 sessions is below this. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Errors of a connection that was not made: nothing was sent. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

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

export interface ProxyClientOptions {
  /** Where remote-proxy's internal API is. */
  readonly url: URL;
  readonly secret: Secret;
  /** How long an answer may take, in ms. Default 5 s. */
  readonly answerMs?: number;
}

/**
 * Remote-proxy's sessions over its internal API (02-tunnel.md §2.5). Rejects with ERR_PROXY_UNREACHABLE, ERR_PROXY_REFUSED, and
 * ERR_PROXY_BROKE_OFF where something may have been done.
 */
export class HttpProxyClient implements ProxyClient {
  readonly #pool: Pool;
  readonly #authorization: string;
  #calls = 0;

  constructor({ url, secret, answerMs = ANSWER_MS }: ProxyClientOptions) {
    this.#authorization = `Bearer ${secret.reveal()}`;
    this.#pool = new Pool(url.origin, {
      connections: CONNECTIONS,
      connectTimeout: CONNECT_MS,
      headersTimeout: answerMs,
      bodyTimeout: answerMs,
      maxResponseSize: MAX_ANSWER_BYTES,
    });
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

  /** Whether remote-proxy says that calls to devices can be served: its store is not needed for them. */
  async ready(): Promise<boolean> {
    try {
      await this.#call('GET', '/internal/ready?parts=device-calls');
      return true;
    } catch (error) {
      if (error instanceof ProxyUnreadyError) return false;
      throw error;
    }
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #call(method: 'GET' | 'POST', path: string): Promise<string> {
    if (this.#calls >= MAX_CALLS) throw new ProxyUnreachableError(`${MAX_CALLS} calls wait for it already`);
    this.#calls += 1;
    try {
      const { status, text } = await this.#exchange(method, path);
      if (status === 404) throw new SessionNotFoundError();
      if (status === 410) throw new SessionExpiredError();
      if (status === 401) throw new ProxyRefusedError();
      if (status === 503) throw new ProxyUnreadyError();
      if (status >= 300) throw noAnswer(method, `it answered ${status}`);
      return text;
    } finally {
      this.#calls -= 1;
    }
  }

  async #exchange(method: 'GET' | 'POST', path: string) {
    try {
      const headers = { authorization: this.#authorization };
      const { statusCode, body } = await this.#pool.request({ method, path, headers });
      return { status: statusCode, text: await body.text() };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const sent = !(error instanceof Error && 'code' in error && NOT_SENT.has(String(error.code)));
      throw noAnswer(sent ? method : 'GET', why, { cause: error });
    }
  }
}

/** @param method of what was sent: nothing is done by a GET */
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
