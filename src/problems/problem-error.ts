// ProblemError is an error that is answered with a problem; this file also chooses the problems for other errors.
import { CodedError } from '../actors/errors.js';
import {
  isStoreFailure,
  StoreError,
  StoreOutcomeUnknownError,
  StoreUnavailableError,
} from '../store/ports/errors.js';
import type { FieldError, ProblemCode } from './problem.js';

/** A failure that a handler expects: the request is answered with this problem. */
export class ProblemError extends CodedError {
  readonly problem: ProblemCode;
  readonly options: ProblemOptions;

  constructor(problem: ProblemCode, options: ProblemOptions = {}) {
    super('ERR_PROBLEM', options.detail ?? problem);
    this.problem = problem;
    this.options = options;
  }
}

/** The problems of errors that come from the proxy's and the provider's clients, by error code. */
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

/** Codes of store errors by which the store takes no writes now, and nothing was written. */
const READ_ONLY: ReadonlySet<string> = new Set(['ERR_STORE_READ_ONLY', 'ERR_STORE_FULL']);

/** The problem of an error whose message may be shown to the client. Undefined: the message is for the log only. */
export function problemForCaller(error: unknown): ProblemError | undefined {
  if (error instanceof ProblemError) return error;
  if (!(error instanceof StoreError) || error.code !== 'ERR_STORE_LIMIT') return undefined;
  return new ProblemError('limit-reached', { detail: error.message });
}

/** The problem of any other error; `internal` for a fault of ours. */
export function problemOf(error: unknown): ProblemCode {
  if (error instanceof StoreOutcomeUnknownError) return 'store-outcome-unknown';
  if (isStoreFailure(error)) return READ_ONLY.has(error.code) ? 'store-read-only' : 'store-unavailable';
  return (error instanceof CodedError ? problemOfCode(error.code) : undefined) ?? 'internal';
}

/**
 * Throws the error of a step that runs before the request itself does anything, such as finding its user. Even if the outcome of
 * that step's write is unknown, the request may be sent again.
 */
export function beforeRequest(error: unknown): never {
  if (!(error instanceof StoreOutcomeUnknownError)) throw error;
  throw new StoreUnavailableError(error.message, { cause: error });
}

/** The problem of an error code; undefined: there is none. */
export function problemOfCode(code: string): ProblemCode | undefined {
  return BY_CODE[code];
}

/** The parts of a problem's answer in addition to its code. */
export interface ProblemOptions {
  readonly detail?: string;
  /** The reason, for the log only: an error, or a word. Default: `detail`, else the first of `errors`. */
  readonly because?: unknown;
  /** The answer tells a readiness probe that the process is not ready, so no request has failed. */
  readonly unready?: boolean;
  /** The members that do not match, in a `validation` problem. */
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Closes the connection, because the request's body was not read. */
  readonly close?: boolean;
  /** The answer is to a HEAD request: like the answer to GET, but without the body. */
  readonly head?: boolean;
}
