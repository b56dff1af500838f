// `SESSION` is the kind of the session actor: its name, its messages, and the times that it starts with.
import type { HostedKind } from '../../../actors/host.js';
import { inCodec, type SessionIn } from './session-in.js';
import { outCodec, type SessionOut, type SessionOutWritten } from './session-out.js';

/**
 * The times that a session actor starts with, in milliseconds: how often an idle device is pinged, how long a device may be
 * silent, how long it may take to begin an answer.
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
