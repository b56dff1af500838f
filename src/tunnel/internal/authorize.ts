import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../config/secret.js';

/** Whether an `Authorization` field carries the internal secret; equal time for all that do not. */
export function createAuthorizer(secret: Secret): (authorization: string) => boolean {
  const expected = digest(`Bearer ${secret.reveal()}`);
  return (authorization) => timingSafeEqual(digest(authorization), expected);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
