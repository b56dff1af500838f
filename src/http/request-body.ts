// This file reads the whole body of a request, up to a size and within a time.
import type { HttpRequest } from 'uWebSockets.js';
import type { ProblemCode } from '../problems/problem.js';
import type { HttpContext } from './http-context.js';

/** The largest JSON body, in bytes: far above any body that a route takes. */
export const MAX_JSON_BODY = 64 * 1024;

/**
 * How long a body may take, in ms, from when its sender is known. This is below the 10 s after which uWebSockets.js cuts the
 * connection of a slow sender without an answer.
 */
export const BODY_TIMEOUT_MS = 5_000;

/** Why a body did not arrive whole. `aborted`: its sender went away. */
export type BodyFailure = Extract<ProblemCode, 'payload-too-large' | 'request-timeout'> | 'aborted';

/** Whether a request's headers announce a body. */
export function hasBody(req: HttpRequest): boolean {
  return req.getHeader('transfer-encoding') !== '' || Number(req.getHeader('content-length')) > 0;
}

/**
 * Reads the body that `context` holds, up to `max` bytes and `timeoutMs`. After a failure the rest is not read: the
 * connection must be closed.
 */
export function readBody(
  context: HttpContext,
  max: number,
  timeoutMs: number,
): Promise<Buffer | BodyFailure> {
  const { body } = context;
  if (body === undefined) return Promise.resolve(Buffer.alloc(0));
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let length = 0;
    const settle = (result: Buffer | BodyFailure): void => {
      clearTimeout(timer);
      resolve(result);
    };
    const fail = (failure: BodyFailure): void => {
      body.abandon();
      settle(failure);
    };
    const timer = setTimeout(() => fail('request-timeout'), timeoutMs);
    context.onAbort(() => fail('aborted'));
    body.release((chunk, last) => {
      length += chunk.byteLength;
      if (length > max) return fail('payload-too-large');
      // uWebSockets.js reuses the chunk's memory once this returns, so the bytes are copied.
      parts.push(Buffer.from(new Uint8Array(chunk)));
      if (last) settle(Buffer.concat(parts));
    });
    body.resume();
  });
}
