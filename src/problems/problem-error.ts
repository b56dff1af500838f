import { CodedError } from '../actors/errors.js';
import {
  isStoreFailure,
  StoreError,
  StoreOutcomeUnknownError,
  StoreUnavailableError,
} from '../store/ports/errors.js';
import type { FieldError, ProblemCode } from './problem.js';

/** A request that is answered with a problem: thrown by handlers, for what they expect to go wrong. */
export class ProblemError extends CodedError {
  readonly problem: ProblemCode;
  readonly options: ProblemOptions;

  constructor(problem: ProblemCode, options: ProblemOptions = {}) {
    super('ERR_PROBLEM', options.detail ?? problem);
    this.problem = problem;
    this.options = options;
  }
}

/** What errors of those that handlers call are to whoever asked. */
const BY_CODE: Readonly<Record<string, ProblemCode>> = {
  ERR_PROXY_UNREACHABLE: 'proxy-unreachable',
  ERR_PROXY_BROKE_OFF: 'proxy-broke-off',
  ERR_PROXY_REFUSED: 'proxy-refused',
  ERR_PROVIDER_UNREACHABLE: 'provider-unreachable',
  ERR_PROVIDER_REFUSED: 'provider-failed',
  ERR_PROVIDER_GRANT: 'provider-failed',
  ERR_PROVIDER_ANSWER: 'provider-failed',
  ERR_PROVIDER_DENIED: 'sign-in-denied',
  ERR_PROVIDER_CALLBACK: 'sign-in-failed',
};

/** Errors of the store that say that nothing can be written now, and that nothing was. */
const READ_ONLY: ReadonlySet<string> = new Set(['ERR_STORE_READ_ONLY', 'ERR_STORE_FULL']);

/** The problem that `error` says itself, for whoever asked; undefined: it is for the log. */
export function toldProblem(error: unknown): ProblemError | undefined {
  if (error instanceof ProblemError) return error;
  if (!(error instanceof StoreError) || error.code !== 'ERR_STORE_LIMIT') return undefined;
  return new ProblemError('limit-reached', { detail: error.message });
}

/** The problem that any other error is; `internal` for a fault of ours. */
export function problemOf(error: unknown): ProblemCode {
  if (error instanceof StoreOutcomeUnknownError) return 'store-outcome-unknown';
  if (isStoreFailure(error)) return READ_ONLY.has(error.code) ? 'store-read-only' : 'store-unavailable';
  return (error instanceof CodedError ? problemOfCode(error.code) : undefined) ?? 'internal';
}

/**
 * What an error is before anything of the request itself was done: whatever else was written by then, the request may be sent
 * again. Throws it.
 */
export function beforeRequest(error: unknown): never {
  if (!(error instanceof StoreOutcomeUnknownError)) throw error;
  throw new StoreUnavailableError(error.message, { cause: error });
}

/** The problem that an error with this code is; undefined: there is none. */
export function problemOfCode(code: string): ProblemCode | undefined {
  return BY_CODE[code];
}

/** What is said about one problem beside its code. */
export interface ProblemOptions {
  readonly detail?: string;
  /** Why, for the log alone: what was thrown, or a word. Default: `detail`, else the first of `errors`. */
  readonly because?: unknown;
  /** It answers who asked for readiness: no request has failed. */
  readonly unready?: boolean;
  /** Of a `validation` problem: what does not match. */
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Close the connection: the request's body was not read. */
  readonly close?: boolean;
  /** The answer is to HEAD: as with GET, but without the body. */
  readonly head?: boolean;
}
