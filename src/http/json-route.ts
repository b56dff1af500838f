// This file makes a route with JSON requests and answers from schemas and a handler.
import type { z } from 'zod';
import type { Principal } from '../auth/authenticator.js';
import type { ProblemCode } from '../problems/problem.js';
import { JsonCall } from './json-call.js';
import { jsonOperation } from './json-operation.js';
import type { Input, JsonHandler, JsonSpec } from './json-spec.js';
import { pathParameters } from './patterns.js';
import type { HtmlReply, ProblemPage, Reply } from './reply.js';
import type { Method, Route } from './route.js';

/**
 * Who may call. `public`: anybody. `user`: a user. `leaving`: a user, or a caller whose session has ended; such a call never
 * counts as a change, so that a user who leaves is not told to wait.
 */
type JsonAccess = 'public' | 'user' | 'leaving';

/** The user argument of a handler, by the access of its route. */
interface UserOf {
  readonly public: undefined;
  readonly user: Principal;
  readonly leaving: Principal | undefined;
}

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

type TypedInput<Params, Query, Body, Header extends string> = Omit<
  Input,
  'params' | 'query' | 'body' | 'headers'
> & {
  readonly params: Parsed<Params>;
  readonly query: Parsed<Query>;
  readonly body: Parsed<Body>;
  readonly headers: Readonly<Record<Header, string>>;
};

/** The declaration of a JSON route; {@link JsonSpec} says what each member means. */
interface Declared<Access extends JsonAccess, Params, Query, Body, Answer, Header extends string> {
  readonly access: Access;
  readonly method: Method;
  readonly path: string;
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answer?: Answer;
  readonly headers?: readonly Header[];
  /** Default: 200, or 204 for a route without an answer. */
  readonly status?: JsonSpec['status'];
  /** Default: `not-found`. */
  readonly missing?: ProblemCode;
  readonly problems?: readonly ProblemCode[];
  /** See `UserHandler.passive`. */
  readonly passive?: boolean;
  readonly problemPage?: ProblemPage;
}

type Answered<Answer> = Parsed<Answer> | Reply<Parsed<Answer>> | HtmlReply;

/** Makes a JSON route. @throws Error if `params` names other segments than `path` */
export function jsonRoute<
  Access extends JsonAccess,
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
  Answer extends z.ZodType | undefined = undefined,
  Header extends string = never,
>(
  declared: Declared<Access, Params, Query, Body, Answer, Header>,
  handle: (input: TypedInput<Params, Query, Body, Header>, user: UserOf[Access]) => Promise<Answered<Answer>>,
): Route {
  const { access, passive = false } = declared;
  const spec = specOf(declared, handle as JsonHandler);
  const base = {
    path: spec.path,
    methods: [spec.method],
    summary: spec.summary,
    readHeaders,
    describe: (method: string) => jsonOperation(spec, method),
  } as const;
  if (access === 'public') {
    return { ...base, access, begin: (context, req) => new JsonCall(spec, context, req).run(undefined) };
  }
  return {
    ...base,
    access: 'user',
    passive,
    begin: (context, req) => {
      const call = new JsonCall(spec, context, req);
      if (access === 'user') return call;
      return { run: (user) => call.run(user), runSignedOut: () => call.run(undefined) };
    },
  };
}

/** Gives the live request as its headers: a JSON route reads few of them, each by its name. */
const readHeaders: Route['readHeaders'] = (req) => req;

function specOf(
  declared: Declared<
    JsonAccess,
    z.ZodObject | undefined,
    z.ZodObject | undefined,
    z.ZodType | undefined,
    z.ZodType | undefined,
    string
  >,
  handle: JsonHandler,
): JsonSpec {
  const { access, method, path, summary, params, query, body, answer } = declared;
  const segments = pathParameters(path);
  if (params !== undefined && String(Object.keys(params.shape)) !== String(segments))
    throw new Error(`${path}: its schema of the path is for ${Object.keys(params.shape)}`);
  return {
    method,
    path,
    access: access === 'public' ? 'public' : 'user',
    summary,
    writes: access === 'user' && method !== 'GET',
    params,
    query,
    body,
    bodyOptional: body?.safeParse({}).success ?? true,
    answer,
    headers: declared.headers ?? [],
    status: declared.status ?? (answer === undefined ? 204 : 200),
    missing: declared.missing ?? 'not-found',
    problems: declared.problems ?? [],
    problemPage: declared.problemPage,
    handle,
  };
}
