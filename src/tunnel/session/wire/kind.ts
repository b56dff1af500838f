// The kind of the session actor joins its name, its messages and what it starts with.
import type { HostedKind } from '../../../actors/host.js';
import { inCodec, type SessionIn } from './session-in.js';
import { outCodec, type SessionOut, type SessionOutWritten } from './session-out.js';

/**
 * What a session actor starts with, in milliseconds: how often an idle device is pinged, how long it may be silent, how
 * long it may take to begin an answer.
 */
export interface SessionInit {
  readonly heartbeatMs: number;
  readonly idleTimeoutMs: number;
  readonly headTimeoutMs: number;
}

/** The kind of the actor that owns one tunnel. */
export const SESSION: HostedKind<SessionIn, SessionOutWritten, SessionOut, SessionInit> = {
  name: 'tunnel-session',
  in: inCodec,
  out: outCodec,
};
