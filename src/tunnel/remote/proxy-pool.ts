// `ProxyPool` holds the connections of api-server to remote-proxy's internal API.
import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import { type Dispatcher, Pool } from 'undici';
import type { Secret } from '../../text/secret.js';
import {
  CONTROL_ANSWER_MS,
  CONTROL_CONNECTIONS,
  KEEP_ALIVE_MS,
  MAX_ANSWER_HEAD_BYTES,
  MAX_CALLS,
  MAX_CONTROL_ANSWER_BYTES,
  PROXY_CONNECT_MS,
} from './proxy-limits.js';

/** The options of a {@link ProxyPool}. */
export interface ProxyPoolOptions {
  /** Where remote-proxy's internal API is. */
  readonly url: URL;
  readonly secret: Secret;
  /** How many calls to devices may be under way at once. Default {@link MAX_CALLS}. */
  readonly maxCalls?: number;
  /** How long a connection may take to be made, in ms. Default {@link PROXY_CONNECT_MS}. */
  readonly connectMs?: number;
  /** How long a control request may wait for its answer, in ms. Default {@link CONTROL_ANSWER_MS}. */
  readonly answerMs?: number;
}

/** The whole answer to a control request. */
export interface ControlAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * All HTTP connections to one remote-proxy, closed together. Control requests (which sessions there are, close one, are you
 * ready) share a few connections; each call to a device has one of its own, in a second undici pool (docs/adr/0035).
 */
export class ProxyPool {
  /** `http://host:port` of remote-proxy. */
  readonly origin: string;
  /** The `Authorization` of every request: the internal secret. */
  readonly authorization: string;
  readonly maxCalls: number;
  readonly #control: Pool;
  readonly #calls: Pool;
  readonly #servername: string | undefined;

  constructor({ url, secret, maxCalls, connectMs, answerMs }: ProxyPoolOptions) {
    const connectTimeout = connectMs ?? PROXY_CONNECT_MS;
    const controlMs = answerMs ?? CONTROL_ANSWER_MS;
    this.origin = url.origin;
    this.authorization = `Bearer ${secret.reveal()}`;
    this.maxCalls = maxCalls ?? MAX_CALLS;
    // Calls carry the Host that the device sees, which is not the name for which the proxy has its certificate.
    this.#servername = url.protocol === 'https:' && isIP(url.hostname) === 0 ? url.hostname : undefined;
    this.#control = new Pool(url.origin, {
      connections: CONTROL_CONNECTIONS,
      connectTimeout,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: controlMs,
      bodyTimeout: controlMs,
      maxResponseSize: MAX_CONTROL_ANSWER_BYTES,
    });
    this.#calls = new Pool(url.origin, {
      connections: this.maxCalls,
      pipelining: 1,
      connectTimeout,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_ANSWER_HEAD_BYTES,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Sends a control request and reads its answer whole. Rejects with undici's errors. */
  async ask(method: 'GET' | 'POST', path: string): Promise<ControlAnswer> {
    const headers = { authorization: this.authorization };
    const { statusCode, body } = await this.#control.request({ method, path, headers });
    return { status: statusCode, text: await body.text() };
  }

  /** Sends a call to a device on a connection of its own. @param headers flat, including the authorization */
  dispatch(
    path: string,
    headers: string[],
    body: Buffer | Readable | null,
    handler: Dispatcher.DispatchHandler,
  ): void {
    const options: Dispatcher.DispatchOptions & { servername?: string } = {
      path,
      method: 'POST',
      headers,
      body,
    };
    if (this.#servername !== undefined) options.servername = this.#servername;
    this.#calls.dispatch(options, handler);
  }

  /** Ends all requests under way, and every connection. */
  async close(): Promise<void> {
    await Promise.all([this.#control.destroy(), this.#calls.destroy()]);
  }
}
