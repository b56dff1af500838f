import type { HttpRequest, us_socket_context_t } from 'uWebSockets.js';
import type { z } from 'zod';
import type { Principal } from '../auth/authenticator.js';
import type { ProblemCode } from '../problems/problem.js';
import type { RequestFields } from '../server/request-fields.js';
import type { RouteServices } from './api/services.js';
import type { HttpContext } from './http-context.js';
import type { PageFile } from './page-file.js';
import type { HtmlReply } from './reply.js';

/** HEAD is there wherever GET is. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A request whose fields have been read and whose user is not yet known. */
export interface PendingRequest<User = Principal> {
  /**
   * Answers, or has it answered later. The answer to an error, thrown or rejected with, is made by the router.
   * @returns undefined: nothing is waited for
   */
  run(user: User): Promise<void> | undefined;
}

interface RouteBase {
  /** As the specification writes it: `{name}` is one segment, `{name…}` at the end all that follows, also nothing. */
  readonly path: string;
  /** `ANY`: every method, as it is. */
  readonly methods: readonly Method[] | 'ANY';
  /** `public`: needs no credentials. `user`: nobody else learns anything, whatever the method. */
  readonly access: 'public' | 'user';
  /** What it does, in a few words. */
  readonly summary: string;
  /** To call it is no use of a session: pages ask it over and over. */
  readonly passive?: boolean;
}

/** What a handler gets of a request. */
export interface Input {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  /** The fields that the route asked for; empty where they were not sent. */
  readonly fields: Readonly<Record<string, string>>;
  readonly requestId: string;
  /** As it was sent; HEAD where GET is declared. */
  readonly method: string;
  /** Who sent it: the socket's address, or what a trusted proxy says. */
  readonly remoteAddr: string;
}

/** A route whose requests and answers are JSON, each as its schema says. */
export interface JsonRoute extends RouteBase {
  readonly kind: 'json';
  readonly methods: readonly [Method];
  /** Segments of the path. What does not match is of no resource: it is answered with `missing`. */
  readonly params: z.ZodObject | undefined;
  /** Whether a call takes of what its user may change in a time. */
  readonly writes: boolean;
  /** Whether the cookie of a session that has ended is enough; the user is undefined then. */
  readonly afterEnd: boolean;
  /** Undefined: whatever is asked is ignored. */
  readonly query: z.ZodObject | undefined;
  /** Undefined: a body is refused. */
  readonly body: z.ZodType | undefined;
  /** Whether it may be left out: none of its members is needed, so that no body says as much as `{}`. */
  readonly bodyOptional: boolean;
  /** Request fields that the handler wants, in lower case. */
  readonly fields: readonly string[];
  /** Of the answer of a success. */
  readonly status: 200 | 201 | 202 | 204 | 303;
  /** What is answered then; its wire side is the input side of codecs. Undefined: no body. */
  readonly answer: z.ZodType | undefined;
  /** Which problem says that the resource is not there. */
  readonly missing: ProblemCode;
  /** Problems that it may answer beside those of every route. */
  readonly problems: readonly ProblemCode[];
  /** How a browser that navigates here is shown a problem; undefined: as everybody. */
  readonly problemPage: ProblemPage | undefined;
  handle(input: Input, user: Principal | undefined, services: RouteServices): Promise<unknown>;
}

/** A problem as a page. */
export type ProblemPage = (code: ProblemCode, detail: string | undefined, requestId: string) => HtmlReply;

/** A file of our own pages, the same for everybody. */
export interface FileRoute extends RouteBase {
  readonly kind: 'file';
  readonly access: 'public';
  readonly methods: readonly ['GET'];
  readonly file: PageFile;
}

/** A route to a device: what comes and goes is not ours, and is passed on as it comes. */
export interface StreamRoute extends RouteBase {
  readonly kind: 'stream';
  readonly access: 'user';
  /** Reads what it needs of `req`, which is gone when this returns. Answers nothing yet. */
  begin(
    services: RouteServices,
    exchange: HttpContext,
    req: HttpRequest,
    fields: RequestFields,
  ): PendingRequest;
  /** The same for a WebSocket handshake; undefined: it is an ordinary request. */
  readonly upgrade: Upgrade | undefined;
}

/** Begins a WebSocket, as {@link StreamRoute.begin} does. */
export type Upgrade = (
  services: RouteServices,
  exchange: HttpContext,
  req: HttpRequest,
  fields: RequestFields,
  context: us_socket_context_t,
) => PendingRequest;

export type Route = JsonRoute | StreamRoute | FileRoute;
