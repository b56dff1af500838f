// This file judges requests from browsers: whether a page of ours sent a request, and where a browser may go after sign-in.

/** Methods that change nothing (RFC 9110 §9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** The headers that show which page made a browser send a request; '' where a header is absent. */
export interface BrowserRequest {
  readonly method: string;
  readonly origin: string;
  /** The value of X-Visiona-Csrf. Only a script of ours can send it: other scripts need a preflight that we do not grant. */
  readonly csrf: string;
}

/**
 * Why a request that came with our cookie is refused; undefined: it is accepted. Pages on other ports of our host count as
 * same-site, and browsers send our cookie from them too, so the whole Origin must be ours. Sec-Fetch-* is not checked: browsers
 * leave it out on plain http.
 */
export function csrfProblem(request: BrowserRequest, ownOrigin: string): string | undefined {
  if (SAFE.has(request.method)) return undefined;
  if (request.origin !== '' && request.origin !== ownOrigin) return 'the Origin is not this site';
  if (request.csrf !== '1') return 'a request with the cookie needs the field X-Visiona-Csrf: 1';
  return undefined;
}

/**
 * Why a WebSocket handshake that came with our cookie is refused; undefined: it is accepted. No script can add a header to a
 * handshake, but every browser sends its Origin.
 */
export function handshakeProblem(origin: string, ownOrigin: string): string | undefined {
  return origin === ownOrigin ? undefined : 'a WebSocket with the cookie needs the Origin of this site';
}

/** The headers of a navigation; '' where a header is absent. */
export interface Navigation {
  readonly origin: string;
  /** The value of Sec-Fetch-Dest. */
  readonly destination: string;
}

/**
 * Whether a GET may be a person who opens our page: not the GET of a frame, an image or a script, nor one with an Origin, which
 * browsers leave out of a GET that navigates. The site that the person comes from does not matter: it may be the provider's.
 */
export function isTopLevel({ origin, destination }: Navigation): boolean {
  return origin === '' && (destination === '' || destination === 'document');
}

/** The page after sign-in if the browser asked for none of our pages. */
const HOME = '/';

/** The longest path that is kept, in characters: it is part of a `state`, of which some providers accept 1,024. */
const MAX_LENGTH = 512;

/** Visible ASCII without the backslash, which browsers read as a slash: a browser leaves such a path as it is. */
const PLAIN = /^\/[\x21-\x5b\x5d-\x7e]*$/;

/** Parts that a path may have neither plain nor encoded: a dot segment, a control character, an encoded slash. */
const TRICK = /\/\.{1,2}(?:\/|$)|%(?:[01][0-9a-f]|2[ef]|5c|7f)/i;

/** The beginning of a URL inside a path, which another page could follow as a link. */
const URL_WITHIN = '//';

/** Paths of this product that are not pages. */
const NOT_A_PAGE = /^\/(?:api|ws)(?:\/|$)/i;

/** An origin to resolve the path against. Any origin will do, since it only shows whether the path leads a browser elsewhere. */
const ORIGIN = 'https://here.invalid';

/** The page to go to after sign-in: `value` if a browser on our origin reads it, unchanged, as one of our pages; else "/". */
export function localPath(value: string | undefined): string {
  if (value === undefined || value.length > MAX_LENGTH || !PLAIN.test(value)) return HOME;
  if (value.includes(URL_WITHIN)) return HOME;
  const path = value.split(/[?#]/, 1)[0] as string;
  if (TRICK.test(path) || NOT_A_PAGE.test(path) || !URL.canParse(value, ORIGIN)) return HOME;
  const { origin, pathname, search, hash } = new URL(value, ORIGIN);
  return origin === ORIGIN && pathname === path && pathname + search + hash === value ? value : HOME;
}
