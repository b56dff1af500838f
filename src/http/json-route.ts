import type { z } from 'zod';
import type { Principal } from '../auth/authenticator.js';
import type { ProblemCode } from '../problems/problem.js';
import type { RouteServices } from './api/services.js';
import type { HtmlReply, Reply } from './reply.js';
import type { Input, JsonRoute, Method, ProblemPage } from './route.js';

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

type TypedInput<Params, Query, Body, Field extends string> = Omit<
  Input,
  'params' | 'query' | 'body' | 'fields'
> & {
  readonly params: Parsed<Params>;
  readonly query: Parsed<Query>;
  readonly body: Parsed<Body>;
  readonly fields: Readonly<Record<Field, string>>;
};

interface Declared<Params, Query, Body, Answer, Field extends string> {
  readonly method: Method;
  readonly path: string;
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answer?: Answer;
  readonly fields?: readonly Field[];
  /** Default: 200, or 204 where nothing is answered. */
  readonly status?: JsonRoute['status'];
  /** Default: `not-found`. */
  readonly missing?: ProblemCode;
  readonly problems?: readonly ProblemCode[];
  readonly passive?: boolean;
  readonly problemPage?: ProblemPage;
}

type Answered<Answer> = Parsed<Answer> | Reply<Parsed<Answer>> | HtmlReply;

/** Declares a route that a user may call. */
export function userRoute<
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
  Answer extends z.ZodType | undefined = undefined,
  Field extends string = never,
>(
  declared: Declared<Params, Query, Body, Answer, Field>,
  handle: (
    input: TypedInput<Params, Query, Body, Field>,
    user: Principal,
    services: RouteServices,
  ) => Promise<Answered<Answer>>,
): JsonRoute {
  return route('user', declared, handle as JsonRoute['handle']);
}

/** Declares a route that a user may call, and also who was one until the session ended. */
export function leavingRoute<Answer extends z.ZodType, Field extends string>(
  declared: Declared<undefined, undefined, undefined, Answer, Field>,
  handle: (
    input: TypedInput<undefined, undefined, undefined, Field>,
    user: Principal | undefined,
    services: RouteServices,
  ) => Promise<Answered<Answer>>,
): JsonRoute {
  // Whoever leaves is never told to wait, and cannot leave twice.
  return { ...route('user', declared, handle as JsonRoute['handle']), afterEnd: true, writes: false };
}

/** Declares a route that anybody may call. */
export function publicRoute<
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
  Answer extends z.ZodType | undefined = undefined,
  Field extends string = never,
>(
  declared: Declared<Params, Query, Body, Answer, Field>,
  handle: (
    input: TypedInput<Params, Query, Body, Field>,
    services: RouteServices,
  ) => Promise<Answered<Answer>>,
): JsonRoute {
  return route('public', declared, (input, _nobody, services) =>
    handle(input as TypedInput<Params, Query, Body, Field>, services),
  );
}

function route(
  access: JsonRoute['access'],
  declared: Declared<
    z.ZodObject | undefined,
    z.ZodObject | undefined,
    z.ZodType | undefined,
    z.ZodType | undefined,
    string
  >,
  handle: JsonRoute['handle'],
): JsonRoute {
  const { method, path, summary, params, query, body, answer } = declared;
  return {
    kind: 'json',
    access,
    methods: [method],
    path,
    summary,
    passive: declared.passive ?? false,
    writes: access === 'user' && method !== 'GET',
    afterEnd: false,
    params,
    query,
    body,
    bodyOptional: body?.safeParse({}).success ?? true,
    answer,
    fields: declared.fields ?? [],
    status: declared.status ?? (answer === undefined ? 204 : 200),
    missing: declared.missing ?? 'not-found',
    problems: declared.problems ?? [],
    problemPage: declared.problemPage,
    handle,
  };
}
