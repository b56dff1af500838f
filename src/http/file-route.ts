// This file makes a public route that serves one file, which is read once and is the same for everybody.
import type { HttpRequest } from 'uWebSockets.js';
import type { HttpContext } from './http-context.js';
import type { ReplyHeaders } from './reply.js';
import { hasBody } from './request-body.js';
import type { PublicRoute } from './route.js';

/** A file, with the facts that a cache needs. */
export interface StaticFile {
  readonly body: Buffer;
  /** The file's `Content-Type` and its other headers. */
  readonly headers: ReplyHeaders;
  /** The entity tag, with its quotes. */
  readonly etag: string;
  /** The first segment of the path, which changes whenever a file does. Undefined: the path has no version. */
  readonly version?: string | undefined;
}

/** The `Cache-Control` of a path with the version in it: its content never changes. */
const IMMUTABLE = 'public, max-age=31536000, immutable';
/** The `Cache-Control` of a path without a version: caches ask each time, and the file is sent again only if it has changed. */
const REVALIDATE = 'no-cache';

/** Makes the route of a file. The route is no part of the API: programs do not call it. */
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
 * Answers with a file. A path with the version of another process, as while a new release comes up, gets this process's file, and
 * caches must ask each time.
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

/**
 * Whether a client has the file. `If-None-Match` is a list of tags, which a cache on the way may have made weak (RFC 9110
 * §13.1.2).
 */
function matches(ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.split(',').some((each) => [etag, `W/${etag}`, '*'].includes(each.trim()));
}
