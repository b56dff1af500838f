/** Methods that change nothing (RFC 9110 §9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** What of a request tells who made a browser send it; '' where a field is not there. */
export interface BrowserRequest {
  readonly method: string;
  readonly origin: string;
  /** The value of X-Visiona-Csrf, which only a script of ours can send: others need a preflight that we do not grant. */
  readonly csrf: string;
}

/**
 * Why a request that came with our cookie is refused; undefined: it is not. Pages on other ports of our host count as
 * same-site and do send our cookie, so the whole Origin must be ours. Sec-Fetch-* is not asked for: browsers leave it out
 * on plain http.
 */
export function csrfProblem(request: BrowserRequest, ownOrigin: string): string | undefined {
  if (SAFE.has(request.method)) return undefined;
  if (request.origin !== '' && request.origin !== ownOrigin) return 'the Origin is not this site';
  if (request.csrf !== '1') return 'a request with the cookie needs the field X-Visiona-Csrf: 1';
  return undefined;
}

/** The same for a WebSocket handshake with our cookie: no script can add a field to it, but every browser says its Origin. */
export function handshakeProblem(origin: string, ownOrigin: string): string | undefined {
  return origin === ownOrigin ? undefined : 'a WebSocket with the cookie needs the Origin of this site';
}
