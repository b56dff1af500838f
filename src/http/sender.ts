// This file reads from a request's headers who sent it, and makes the problems of refused credentials and pages.
import type { Credentials, CredentialsRefusal, Principal } from '../auth/authenticator.js';
import { MAX_TOKEN_LENGTH } from '../auth/bearer.js';
import { type BrowserRequest, csrfProblem, handshakeProblem } from '../auth/browser.js';
import type { ProblemCode } from '../problems/problem.js';
import type { ProblemOptions } from '../problems/problem-error.js';
import type { HeaderSource } from '../server/request-headers.js';

/** The sender of a request, as its headers say. */
export interface Sender {
  readonly credentials: Credentials;
  /** The page behind the request. Undefined: the request has no cookie that a page could have used. */
  readonly page: BrowserOrigin | undefined;
}

/** The facts that tell which page made a browser send a request. */
interface BrowserOrigin extends BrowserRequest {
  /** Whether the request is a WebSocket handshake. */
  readonly upgrade: boolean;
}

/** The caller that a sender's credentials name. Undefined: the credentials are not valid. */
export type Caller = Principal | CredentialsRefusal | undefined;

/** Reads the sender of a request. Undefined: there are no credentials at all, so that nobody has to be asked. */
export function senderOf(
  headers: HeaderSource,
  method: string,
  upgrade: boolean,
  passive = false,
): Sender | undefined {
  const authorization = headers.getHeader('authorization');
  const cookie = headers.getHeader('cookie');
  if (cookie === '' && authorization === '') return undefined;
  if (cookie === '') return { credentials: { authorization, cookie, passive }, page: undefined };
  // A page that polls says so in a header: its requests leave the session's idle time unchanged.
  const credentials = {
    authorization,
    cookie,
    passive: passive || headers.getHeader('x-visiona-passive') === '1',
  };
  const page = {
    method,
    upgrade,
    origin: headers.getHeader('origin'),
    csrf: headers.getHeader('x-visiona-csrf'),
  };
  return { credentials, page };
}

/** Whether the caller had a session that has ended. */
export function isSignedOut(caller: Caller): boolean {
  return caller !== undefined && 'refused' in caller && caller.refused === 'ended';
}

/** The problem of a caller whose credentials name no user. */
export function credentialsProblem(caller: Caller): [ProblemCode, ProblemOptions] {
  const refused = caller !== undefined && 'refused' in caller ? caller.refused : undefined;
  switch (refused) {
    case 'ambiguous':
      return ['bad-request', { detail: 'send a session cookie or a bearer token, not both' }];
    case 'too-long':
      return ['unauthorized', { detail: `a bearer token may have ${MAX_TOKEN_LENGTH} characters` }];
    case 'ended':
      return ['unauthorized', { because: 'the session has ended' }];
    case undefined:
      return ['unauthorized', { because: 'credentials are not valid' }];
  }
}

/** Why the page may not use the session's cookie (03-identity §3.2). Undefined: the page may use it. */
export function pageProblem(page: BrowserOrigin | undefined, ownOrigin: string): string | undefined {
  if (page === undefined) return 'a session needs its cookie';
  return page.upgrade ? handshakeProblem(page.origin, ownOrigin) : csrfProblem(page, ownOrigin);
}
