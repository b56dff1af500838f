import type { HttpRequest } from 'uWebSockets.js';
import type { HttpContext } from './http-context.js';
import type { ReplyHeaders } from './reply.js';
import { hasBody } from './request-body.js';

/** A file of our own pages, read once. */
export interface PageFile {
  readonly body: Buffer;
  /** Its `Content-Type` and what else goes with it. */
  readonly headers: ReplyHeaders;
  /** With its quotes. */
  readonly etag: string;
  /** The segment of its path that changes whenever a file does; undefined: its path stays the same. */
  readonly version: string | undefined;
}

/** A path with the version in it never has another content. */
const FOREVER = 'public, max-age=31536000, immutable';
/** Asked for again each time, and sent again only if it has changed. */
const CHECKED = 'no-cache';

/**
 * Answers with a file. Under the version of another process, as while a new release comes up, it is served as it is here,
 * and is not kept.
 */
export function servePageFile(exchange: HttpContext, req: HttpRequest, file: PageFile): void {
  if (hasBody(req)) return exchange.problem('payload-too-large', { close: true });
  const { body, headers, etag, version } = file;
  const isCurrent = version !== undefined && req.getParameter(0) === version;
  const fields = { ...headers, ETag: etag, 'Cache-Control': isCurrent ? FOREVER : CHECKED };
  exchange.file(matches(req.getHeader('if-none-match'), etag) ? 304 : 200, body, fields);
}

/** RFC 9110 §13.1.2: a list of tags, which a cache on the way may have made weak ones. */
function matches(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.split(',').some((each) => [etag, `W/${etag}`, '*'].includes(each.trim()));
}
