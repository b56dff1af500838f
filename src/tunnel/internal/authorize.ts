import { timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../text/secret.js';

/** Whether an `Authorization` field carries the internal secret; equal time for all of its length that do not. */
export function createAuthorizer(secret: Secret): (authorization: string) => boolean {
  const expected = Buffer.from(`Bearer ${secret.reveal()}`);
  return (authorization) => {
    const given = Buffer.from(authorization);
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
}
