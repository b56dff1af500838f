// This file declares what sign-in needs from the store, what it offers to the routes, and its limits.
import type { SharedLimit } from '../limits/shared-limit.js';
import type { AttemptPort } from '../store/ports/attempts.js';
import type { Changes } from '../store/ports/changes.js';
import type { SignInPort, UserPort } from '../store/ports/sign-ins.js';
import type { CookieCodec } from './cookie.js';
import type { Sessions } from './sessions.js';
import type { Lifetimes, SignInFlow } from './sign-in.js';
import type { SignOut } from './sign-out.js';
import type { StateReports } from './token-keeping.js';

/** The part of the store that sign-in uses, with its reports of what it can do. */
export interface AuthStore extends UserPort, SignInPort, AttemptPort, StateReports {
  onChanges(listener: (changes: Changes) => void): () => void;
}

/** The parts of sign-in that the routes of the REST API work with. */
export interface SignInServices {
  readonly cookies: CookieCodec;
  readonly sessions: Sessions;
  readonly signIn: SignInFlow;
  readonly signOut: SignOut;
  /** Limits how often one address may begin a sign-in: each sign-in makes the store keep a row. */
  readonly starts: SharedLimit;
  /** The flags that `visiona token` needs for this installation; undefined: access tokens are off. */
  readonly tokenFlags: string | undefined;
}

/** 300 sign-ins a minute per address: an office behind one NAT signs in at the same time. */
export const SIGN_IN_STARTS = { points: 300, windowSeconds: 60 };

/** A session ends after 8 hours without use, and after a week in any case. */
export const SIGN_IN_LIFETIMES: Lifetimes = { idleMs: 8 * 3_600_000, absoluteMs: 7 * 24 * 3_600_000 };
