/** Times of a token at which something has happened, in seconds since 1970 (RFC 7519 §4.1.6, OpenID Connect Core §2). */
const PAST = ['iat', 'auth_time'] as const;

/**
 * Which claim says that something happened in the future; undefined: none does. The clocks then differ by more than is
 * allowed; of `exp` and `nbf` the libraries take care.
 * @param toleranceS by how much they may differ, in seconds
 */
export function claimAhead(
  claims: Readonly<Record<string, unknown>>,
  toleranceS: number,
  now: number = Date.now() / 1000,
): (typeof PAST)[number] | undefined {
  return PAST.find((name) => {
    const time = claims[name];
    return typeof time === 'number' && time > now + toleranceS;
  });
}
