// A session host thread loads this module, which says which actors may be started there (01-system.md §1.2).
import { systemClock } from '../../../actors/clock.js';
import type { Implementation } from '../../../actors/host.js';
import type { SessionInit } from '../wire/kind.js';
import { SESSION } from '../wire/kind.js';
import type { SessionIn } from '../wire/session-in.js';
import type { SessionOut, SessionOutWritten } from '../wire/session-out.js';
import { SessionActor } from './session-actor.js';
import { Ticks } from './ticker.js';

const ticks = new Ticks(systemClock);

const session: Implementation<SessionIn, SessionOutWritten, SessionOut, SessionInit> = {
  kind: SESSION,
  start: (init, context) => new SessionActor(init, context, ticks),
};

/** The kinds of actors in a session host. */
export const implementations = [session];
