// This file declares what a JSON route is made of, with all defaults filled in.
import type { z } from 'zod';
import type { Principal } from '../auth/authenticator.js';
import type { ProblemCode } from '../problems/problem.js';
import type { ProblemPage } from './reply.js';
import type { Method } from './route.js';

/** What a handler gets of a request. */
export interface Input {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  /** The headers that the route asked for, by name; empty where they were not sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string;
  /** The method as it was sent; HEAD where GET is declared. */
  readonly method: string;
  /** The sender's address: the socket's, or the one that a trusted proxy says. */
  readonly remoteAddr: string;
}

/** Answers a request with a value, a `Reply` or an `HtmlReply`. @param user undefined: the caller is no user */
export type JsonHandler = (input: Input, user: Principal | undefined) => Promise<unknown>;

/** A JSON route: its requests and answers are JSON, each as its schema says. */
export interface JsonSpec {
  readonly path: string;
  readonly method: Method;
  readonly access: 'public' | 'user';
  readonly summary: string;
  /** The segments of the path. A path that does not match names nothing that is there: the answer is `missing`. */
  readonly params: z.ZodObject | undefined;
  /** Undefined: the query is ignored. */
  readonly query: z.ZodObject | undefined;
  /** Undefined: a body is refused. */
  readonly body: z.ZodType | undefined;
  /** Whether the body may be left out: it has no required member, so that no body says the same as `{}`. */
  readonly bodyOptional: boolean;
  /** Request headers that the handler reads, in lower case. */
  readonly headers: readonly string[];
  /** Status of a success. */
  readonly status: 200 | 201 | 202 | 204 | 303;
  /** Schema of the answer of a success, whose wire side is the input side of codecs. Undefined: no JSON body. */
  readonly answer: z.ZodType | undefined;
  /** Whether a call counts as a change that its user makes. */
  readonly writes: boolean;
  /** The problem that says that the resource is not there. */
  readonly missing: ProblemCode;
  /** Problems that it may answer beside those of every route. */
  readonly problems: readonly ProblemCode[];
  /** How a browser that navigates here is shown a problem. Undefined: as a problem document. */
  readonly problemPage: ProblemPage | undefined;
  readonly handle: JsonHandler;
}
