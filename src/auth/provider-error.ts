// ProviderError is the error of the OpenID provider, made from errors of openid-client and jose.
import * as oc from 'openid-client';
import { CodedError } from '../actors/errors.js';

/** Stable codes of {@link ProviderError}. */
export type ProviderErrorCode =
  /** The provider cannot be reached, answers too late, or says that it is down. The same call may work later. */
  | 'ERR_PROVIDER_UNREACHABLE'
  /** The provider refuses this client or its request: usually the client's registration or our configuration is wrong. */
  | 'ERR_PROVIDER_REFUSED'
  /** The code or refresh token is not valid, or not any more. */
  | 'ERR_PROVIDER_GRANT'
  /**
   * The answer is not to be trusted: it is not signed by the provider, is for another client, is too old, or is no answer at all.
   */
  | 'ERR_PROVIDER_ANSWER'
  /** The user, or the provider on the user's behalf, declined. */
  | 'ERR_PROVIDER_DENIED'
  /** The callback's query is not one that the provider sends. */
  | 'ERR_PROVIDER_CALLBACK';

interface About {
  /** The endpoint does not exist, or not any more, so that the call had no effect. */
  readonly isGone?: boolean;
  /** The provider was reached and said that it failed, perhaps at this request only. */
  readonly hasAnswered?: boolean;
}

/** A failure of or at the OpenID provider. `message` is for the operator; it holds no token, code or state. */
export class ProviderError extends CodedError {
  override readonly name = 'ProviderError';
  declare readonly code: ProviderErrorCode;
  readonly isGone: boolean;
  readonly hasAnswered: boolean;

  constructor(code: ProviderErrorCode, message: string, { isGone = false, hasAnswered = false }: About = {}) {
    super(code, message);
    this.isGone = isGone;
    this.hasAnswered = hasAnswered;
  }
}

/** Authorization errors that mean that the provider is down (RFC 6749 §4.1.2.1). */
const DOWN = new Set(['server_error', 'temporarily_unavailable']);
/**
 * Errors that mean that the user did not sign in (also OpenID Connect Core §3.1.2.6). From the token endpoint they mean that the
 * user has to sign in again.
 */
const DECLINED = new Set([
  'access_denied',
  'login_required',
  'consent_required',
  'interaction_required',
  'account_selection_required',
]);
/** Messages of fetch()'s TypeError where there is no answer, or only a part of one. */
const BROKEN_OFF = new Set(['fetch failed', 'terminated']);
/** Codes that mean that no host answers at the address. */
const NO_HOST = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH']);
/** Statuses of an endpoint that was removed or moved. */
const GONE = new Set([301, 302, 303, 307, 308, 404, 405, 410]);

/**
 * The {@link ProviderError} for an error of openid-client or jose; any other error is a fault of ours and is returned as it is.
 * Causes are not kept: they hold whole responses and the claims of tokens.
 */
export function providerError(error: unknown): unknown {
  if (error instanceof oc.AuthorizationResponseError) return authorizationError(error.error);
  if (error instanceof oc.ResponseBodyError) return bodyError(error.status, error.error);
  if (error instanceof oc.WWWAuthenticateChallengeError) {
    return new ProviderError('ERR_PROVIDER_REFUSED', `it refuses the client's credentials (${error.status})`);
  }
  if (error instanceof oc.ClientError) return clientError(error);
  if (error instanceof TypeError && BROKEN_OFF.has(error.message)) {
    const code = codeOf(error.cause);
    return unreachable(code, { isGone: NO_HOST.has(code) });
  }
  return isTimeout(error) ? unreachable(LATE) : error;
}

function authorizationError(error: string): ProviderError {
  if (DECLINED.has(error)) return declined(error);
  if (DOWN.has(error)) return unreachable('it says so');
  return new ProviderError('ERR_PROVIDER_REFUSED', `it refuses the authorization request: ${word(error)}`);
}

function bodyError(status: number, error: string): ProviderError {
  if (status >= 500) return faulty(status);
  if (error === 'invalid_grant') return new ProviderError('ERR_PROVIDER_GRANT', 'it says invalid_grant');
  if (DECLINED.has(error)) return declined(error);
  return new ProviderError('ERR_PROVIDER_REFUSED', `it refuses the request: ${word(error)}`, {
    isGone: GONE.has(status),
  });
}

/** The error for an answer with an unexpected status. */
export function statusError(status: number): ProviderError {
  if (status >= 500) return faulty(status);
  const isGone = GONE.has(status);
  return new ProviderError('ERR_PROVIDER_ANSWER', `it answers with status ${status}`, { isGone });
}

function faulty(status: number): ProviderError {
  return unreachable(`status ${status}`, { hasAnswered: true });
}

function declined(error: string): ProviderError {
  return new ProviderError('ERR_PROVIDER_DENIED', `it did not sign the user in: ${error}`);
}

function clientError(error: oc.ClientError): ProviderError {
  const { code, message } = error;
  // If an answer broke off while it was read, the error is about JSON, and the reason is the cause of its cause.
  for (
    let cause: unknown = error;
    cause !== undefined;
    cause = cause instanceof Error ? cause.cause : undefined
  ) {
    if (code === 'OAUTH_TIMEOUT' || isTimeout(cause)) return unreachable(LATE);
    if (cause instanceof Response && cause.status !== 200) return statusError(cause.status);
    if (cause instanceof TypeError && BROKEN_OFF.has(cause.message)) return unreachable('it broke off');
  }
  const text = `${message} (${code ?? 'no code'})${detailOf(error.cause)}`;
  if (code === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED') return clockError(text);
  return new ProviderError('ERR_PROVIDER_ANSWER', text);
}

/** The fields of a log line about an error: a provider's error as its sentence, a fault of ours with its stack. */
export function whyOf(error: unknown): { readonly problem: string } | { readonly err: unknown } {
  return error instanceof ProviderError ? { problem: error.message } : { err: error };
}

/** The error for a time in a token that cannot be right. */
export function clockError(text: string): ProviderError {
  const hint = 'its clock may differ from ours by more than OIDC_CLOCK_TOLERANCE';
  return new ProviderError('ERR_PROVIDER_ANSWER', `${text}; ${hint}`);
}

/** The fault that openid-client found, in its own words. The words of a JSON parser are left out: they quote the answer. */
function detailOf(cause: unknown): string {
  return cause instanceof Error && cause.name === 'OperationProcessingError' ? `: ${cause.message}` : '';
}

const LATE = 'it did not answer in time';

function unreachable(why: string, about: About = {}): ProviderError {
  const text = `the OpenID provider cannot be reached: ${why}`;
  return new ProviderError('ERR_PROVIDER_UNREACHABLE', text, about);
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'no connection';
}

/** An error code from a browser or the network, made safe for a log. */
function word(text: string): string {
  return /^[\w.-]{1,64}$/.test(text) ? text : 'an error without a name';
}
