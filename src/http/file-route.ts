// This file makes a public route that serves one file, which was read once and is the same for everybody.
import type { HttpRequest } from 'uWebSockets.js';
import type { HttpContext } from './http-context.js';
import type { ReplyHeaders } from './reply.js';
import { hasBody } from './request-body.js';
import type { PublicRoute } from './route.js';

/** A file with what a cache needs to know of it. */
export interface StaticFile {
  readonly body: Buffer;
  /** Its `Content-Type` and what else goes with it. */
  readonly headers: ReplyHeaders;
  /** The entity tag, with its quotes. */
  readonly etag: string;
  /** The first segment of the path, which changes whenever a file does. Undefined: the path stays the same. */
  readonly version?: string | undefined;
}

/** For a path with the version in it, which never has another content. */
const IMMUTABLE = 'public, max-age=31536000, immutable';
/** For a path that caches ask about each time; it is sent again only if it has changed. */
const REVALIDATE = 'no-cache';

/** Makes the route of a file. It is no part of the API: programs do not call it. */
export function fileRoute(path: string, summary: string, file: StaticFile): PublicRoute {
  return {
    path,
    methods: ['GET'],
    access: 'public',
    summary,
    readHeaders: (req) => req,
    begin: (context, req) => serve(context, req, file),
    describe: () => undefined,
  };
}

/**
 * Answers with a file. Under the version of another process, as while a new release comes up, it is served as it is here,
 * and is not kept.
 */
function serve(context: HttpContext, req: HttpRequest, file: StaticFile): undefined {
  if (hasBody(req)) {
    context.problem('payload-too-large', { close: true });
    return;
  }
  const { body, headers, etag, version } = file;
  const isCurrent = version !== undefined && req.getParameter(0) === version;
  const caching = { ETag: etag, 'Cache-Control': isCurrent ? IMMUTABLE : REVALIDATE };
  context.file(matches(req.getHeader('if-none-match'), etag) ? 304 : 200, body, { ...headers, ...caching });
}

/** Whether a client has the file: a list of tags, which a cache on the way may have made weak (RFC 9110 §13.1.2). */
function matches(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.split(',').some((each) => [etag, `W/${etag}`, '*'].includes(each.trim()));
}
