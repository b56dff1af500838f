// This file holds rules and pieces of WebSocket handshakes and closes that both sides of the product use.
import type { IncomingMessage } from 'node:http';
import type { RawHeaders } from './contract.js';

/** The close code for a connection that broke without a close frame (RFC 6455 §7.1.5). */
export const ABNORMAL = 1006;

/** Whether an endpoint may send the close code (RFC 6455 §7.4). */
export function isSendable(code: number): boolean {
  return (
    (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== ABNORMAL) ||
    (code >= 3000 && code <= 4999)
  );
}

/** Turns flat headers into the object that the `ws` client takes. */
export function headerObject(raw: RawHeaders): Record<string, string[]> {
  const headers = new Map<string, string[]>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    headers.set(name, [...(headers.get(name) ?? []), raw[i + 1] as string]);
  }
  return Object.fromEntries(headers);
}

/** Reads the body with which a handshake was refused, or its beginning. */
export function readRefusal(
  response: IncomingMessage,
  done: (body: Buffer) => void,
  failed: (error: Error) => void,
): void {
  const parts: Buffer[] = [];
  let size = 0;
  response.on('data', (part: Buffer) => {
    if (size + part.length > MAX_REFUSAL_BODY) return done(Buffer.concat(parts));
    parts.push(part);
    size += part.length;
  });
  response.on('end', () => done(Buffer.concat(parts)));
  response.on('error', failed);
}

/** How many bytes are passed on of the body with which a device refuses a WebSocket. */
export const MAX_REFUSAL_BODY = 64 * 1024;
