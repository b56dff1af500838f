// JsonSpec is the full declaration of a JSON route, with all defaults filled in.
import type { z } from 'zod';
import type { Principal } from '../auth/authenticator.js';
import type { ProblemCode } from '../problems/problem.js';
import type { ProblemPage } from './reply.js';
import type { Method } from './route.js';

/** The parts of a request that a handler gets. */
export interface Input {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  /** The headers that the route asked for, by name; '' for a header that was not sent. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string;
  /** The method as it was sent: HEAD is possible where GET is declared. */
  readonly method: string;
  /** The sender's address: the socket's, or the one that a trusted proxy reports. */
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
  /** The schema of the path's segments. A path that does not match it names nothing that exists: the answer is `missing`. */
  readonly params: z.ZodObject | undefined;
  /** The schema of the query. Undefined: the query is ignored. */
  readonly query: z.ZodObject | undefined;
  /** The schema of the body. Undefined: a body is refused. */
  readonly body: z.ZodType | undefined;
  /** Whether the body may be left out: it has no required member, so a missing body means `{}`. */
  readonly bodyOptional: boolean;
  /** The request headers that the handler reads, in lower case. */
  readonly headers: readonly string[];
  /** The status of a success. */
  readonly status: 200 | 201 | 202 | 204 | 303;
  /** The schema of a success's answer, whose wire side is the input side of codecs. Undefined: the answer has no JSON body. */
  readonly answer: z.ZodType | undefined;
  /** Whether a call counts as a change that its user makes. */
  readonly writes: boolean;
  /** The problem of a resource that does not exist. */
  readonly missing: ProblemCode;
  /** The problems that the route may answer beside those of every route. */
  readonly problems: readonly ProblemCode[];
  /**
   * Makes the page that shows a problem to a browser that navigates here. Undefined: a problem is shown as a problem document.
   */
  readonly problemPage: ProblemPage | undefined;
  readonly handle: JsonHandler;
}
