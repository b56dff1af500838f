// This file calls the internal API of remote-proxy.
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { ProxyProcess } from './proxy-process.js';

/** A request to the internal API. */
export interface InternalRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly agent?: Agent;
}

/** An answer that was read whole. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly text: string;
}

/** A call to a device through POST /internal/forward/http. */
export interface DeviceCall extends Omit<InternalRequest, 'method'> {
  readonly method?: string;
  readonly target?: string;
}

/** Opens a request whose body the caller writes and ends with `end()`. */
export function open(proxy: ProxyProcess, path: string, options: InternalRequest = {}): ClientRequest {
  const { method = 'GET', headers = {} } = options;
  const agent = options.agent ?? new Agent({ keepAlive: true });
  const call = request({
    host: '127.0.0.1',
    port: proxy.internalPort,
    path,
    method,
    agent,
    headers: { Authorization: proxy.authorization, ...headers },
  });
  // `response` reports the error; the error of a deliberate abort is dropped.
  call.on('error', () => {});
  if (options.agent === undefined) call.once('close', () => agent.destroy());
  return call;
}

/** Waits for the head of the answer. Rejects if the connection is cut before it. */
export function response(call: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    call.once('response', resolve);
    call.once('error', reject);
  });
}

/** Reads an answer to its end. Rejects if the answer is cut off. */
export async function read(message: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part);
  const body = Buffer.concat(parts);
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    rawHeaders: message.rawHeaders,
    body,
    text: body.toString(),
  };
}

/** Sends a request to the internal API and reads the answer. */
export async function ask(proxy: ProxyProcess, path: string, options: InternalRequest = {}): Promise<Answer> {
  const call = open(proxy, path, options);
  call.end(options.body);
  return read(await response(call));
}

/** Opens a call to a device; the caller writes the body and ends it with `end()`. */
export function openCall(proxy: ProxyProcess, token: string, options: DeviceCall = {}): ClientRequest {
  const { method = 'GET', target = '/', headers = {}, agent } = options;
  return open(proxy, `/internal/forward/http?token=${encodeURIComponent(token)}`, {
    method: 'POST',
    headers: { 'X-Forward-Method': method, 'X-Forward-Target': target, ...headers },
    ...(agent !== undefined && { agent }),
  });
}

/** Begins a call without a body; resolves with the head of the answer, whose body the caller reads. */
export function begin(
  proxy: ProxyProcess,
  token: string,
  options: DeviceCall = {},
): Promise<IncomingMessage> {
  const call = openCall(proxy, token, options);
  // Without this header Node would send Transfer-Encoding: chunked for an absent body.
  if (options.body === undefined) call.setHeader('Content-Length', 0);
  call.end(options.body);
  return response(call);
}

/** Calls a device and reads the answer whole. */
export async function forward(proxy: ProxyProcess, token: string, options: DeviceCall = {}): Promise<Answer> {
  return read(await begin(proxy, token, options));
}

/** Reads the code of a problem from its body. */
export function problemCode({ text }: Answer): string {
  return String((JSON.parse(text) as { code?: unknown }).code);
}
