// This file is the table of problems (RFC 9457): every error that the REST API and the internal API answer with.

/**
 * Whether the same request may be sent again. `any`: yes, it had no effect. `idempotent`: only if its method is
 * idempotent, as it may have had an effect. `never`: it would fail the same way, or must be changed first.
 */
export type Retry = 'any' | 'idempotent' | 'never';

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  readonly retry: Retry;
  /** The default of Retry-After, in seconds; the header is sent if and only if this is set. */
  readonly retryAfter?: number;
}

/**
 * The table of problems. For device calls the status says whether the device can have seen the request (02-tunnel §2.3): with 429
 * and 503 it has not, with 408, 502 and 504 it may have. Of the problems with 503, `store-outcome-unknown` never answers a device
 * call.
 */
const PROBLEMS = {
  'bad-request': { status: 400, title: 'The request is malformed', retry: 'never' },
  validation: { status: 400, title: 'The request does not match its schema', retry: 'never' },
  'sign-in-failed': { status: 400, title: 'The sign-in cannot be finished: start again', retry: 'never' },
  'pairing-refused': { status: 400, title: 'This pairing code is not good: get a new one', retry: 'never' },
  unauthorized: { status: 401, title: 'Valid credentials are needed', retry: 'never' },
  forbidden: { status: 403, title: 'This request is not allowed', retry: 'never' },
  'sign-in-denied': { status: 403, title: 'The OpenID provider did not sign you in', retry: 'never' },
  'not-found': { status: 404, title: 'There is no such resource', retry: 'never' },
  'device-not-found': { status: 404, title: 'There is no such device', retry: 'never' },
  'session-not-found': { status: 404, title: 'There is no such tunnel session', retry: 'never' },
  'method-not-allowed': { status: 405, title: 'This resource does not have that method', retry: 'never' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time', retry: 'idempotent' },
  'limit-reached': {
    status: 409,
    title: 'You have as many of these as a user may have',
    retry: 'never',
  },
  'session-expired': { status: 410, title: 'The tunnel session has expired', retry: 'never' },
  'payload-too-large': { status: 413, title: 'The body is too large', retry: 'never' },
  'unsupported-media-type': { status: 415, title: 'This media type is not taken here', retry: 'never' },
  'upgrade-required': { status: 426, title: 'This resource speaks WebSocket', retry: 'never' },
  'rate-limited': { status: 429, title: 'Too many requests', retry: 'any', retryAfter: 10 },
  'device-busy': {
    status: 429,
    title: 'Too many calls in flight for this device',
    retry: 'any',
    retryAfter: 1,
  },
  internal: { status: 500, title: 'Something failed here', retry: 'idempotent' },
  'not-supported': { status: 501, title: 'This cannot be done here', retry: 'never' },
  'bad-device-response': {
    status: 502,
    title: 'The device answered nonsense, or broke off before its answer',
    retry: 'idempotent',
  },
  'tunnel-lost-after-send': {
    status: 502,
    title: 'The tunnel was lost after the request was sent',
    retry: 'idempotent',
  },
  'proxy-broke-off': {
    status: 502,
    title: 'The tunnel proxy broke off after the request was sent',
    retry: 'idempotent',
  },
  'proxy-refused': { status: 502, title: 'The tunnel proxy refused the internal secret', retry: 'never' },
  'provider-failed': {
    status: 502,
    title: 'The OpenID provider refused, or answered what cannot be trusted',
    retry: 'idempotent',
  },
  'provider-unreachable': {
    status: 503,
    title: 'The OpenID provider cannot be reached',
    retry: 'any',
    retryAfter: 5,
  },
  'device-offline': { status: 503, title: 'The device has no live tunnel', retry: 'any', retryAfter: 5 },
  'tunnel-lost-before-send': {
    status: 503,
    title: 'The tunnel was lost before the request was sent',
    retry: 'any',
    retryAfter: 1,
  },
  'stream-refused': { status: 503, title: 'The device refused the stream', retry: 'any', retryAfter: 1 },
  'proxy-unreachable': {
    status: 503,
    title: 'The tunnel proxy cannot be reached',
    retry: 'any',
    retryAfter: 2,
  },
  draining: { status: 503, title: 'This server is going down', retry: 'any', retryAfter: 5 },
  overloaded: { status: 503, title: 'This server is overloaded', retry: 'any', retryAfter: 2 },
  'store-read-only': { status: 503, title: 'The store takes no writes now', retry: 'any', retryAfter: 2 },
  'store-unavailable': { status: 503, title: 'The store cannot be reached', retry: 'any', retryAfter: 2 },
  'store-outcome-unknown': {
    status: 503,
    title: 'It may have been done or not: look before you try again',
    retry: 'idempotent',
  },
  'device-timeout': { status: 504, title: 'The device did not answer in time', retry: 'idempotent' },
} as const satisfies Record<string, ProblemKind>;

/** The stable name of a problem; clients match on it. */
export type ProblemCode = keyof typeof PROBLEMS;

/** All codes of problems. */
export const PROBLEM_CODES = Object.keys(PROBLEMS) as readonly ProblemCode[];

/** The media type of a problem (RFC 9457 §6.1). */
export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** The entry of the table for `code`. */
export function problemKind(code: ProblemCode): ProblemKind {
  return PROBLEMS[code];
}

/** One member of a request that does not match its schema. */
export interface FieldError {
  /** The place of the member, as a JSON Pointer (RFC 6901), or the name of a query parameter. */
  readonly path: string;
  readonly message: string;
}

/** The body of an error answer (RFC 9457 §3.1, 04-rest-api). */
export interface ProblemDetails {
  /** `urn:visiona:problem:` and the code. This is a name, not a page to open. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  /** The failure of this one request, as a text for people. It never contains bytes of a device, secrets or stacks. */
  readonly detail?: string;
  /** The path of the request. */
  readonly instance?: string;
  readonly requestId: string;
  readonly errors?: readonly FieldError[];
}

/** The members of a problem document that differ from one occurrence to the next. */
export type Occurrence = Pick<ProblemDetails, 'requestId'> & {
  readonly detail?: string | undefined;
  readonly instance?: string | undefined;
  readonly errors?: readonly FieldError[] | undefined;
};

/** Makes the problem as an object; members that are not given are left out of its JSON. */
export function problem(
  code: ProblemCode,
  { detail, instance, requestId, errors }: Occurrence,
): ProblemDetails {
  const { title, status } = PROBLEMS[code];
  return {
    type: `urn:visiona:problem:${code}`,
    title,
    status,
    code,
    ...(detail === undefined ? undefined : { detail }),
    ...(instance === undefined ? undefined : { instance }),
    requestId,
    ...(errors === undefined ? undefined : { errors }),
  };
}

/** Makes the body of an error answer, as JSON. It is sent as `PROBLEM_CONTENT_TYPE` with the status of `problemKind(code)`. */
export function renderProblem(code: ProblemCode, occurrence: Occurrence): string {
  return JSON.stringify(problem(code, occurrence));
}
