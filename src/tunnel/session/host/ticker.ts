// A ticker is the clock of many sessions of a host: one timer for many actors.
import type { ActorRef } from '../../../actors/behaviour.js';
import type { Clock } from '../../../actors/clock.js';
import type { SessionIn } from '../wire/session-in.js';

/** How often a session with calls under way gets a tick, in ms, which is also how exact the calls' timeouts are. */
export const BUSY_TICK_MS = 1000;

/** How often an idle session gets a tick, in ms: its heartbeat and idle timeout need no more. */
const IDLE_TICK_MS = 5000;

const TICK: SessionIn = { kind: 'tick' };

/** Sessions get their ticks in this many groups, one after the other, so that thousands do not work at once. */
const GROUPS = 20;

/** Sends a tick to each of many session actors once a period, with one timer. */
export class Ticker {
  readonly #clock: Clock;
  readonly #stepMs: number;
  readonly #groups: readonly Set<ActorRef<SessionIn>>[];
  /** The group that ticked last. */
  #at = 0;
  #size = 0;
  #running = false;
  readonly #step = (): void => {
    this.#running = false;
    this.#at = (this.#at + 1) % GROUPS;
    for (const actor of this.#groups[this.#at] ?? []) {
      // An actor that refuses a tick has ended: a killed actor cannot remove itself.
      if (!actor.tell(TICK)) this.remove(actor);
    }
    this.#run();
  };

  constructor(clock: Clock, periodMs: number) {
    this.#clock = clock;
    this.#stepMs = periodMs / GROUPS;
    this.#groups = Array.from({ length: GROUPS }, () => new Set<ActorRef<SessionIn>>());
  }

  /** Adds an actor, which must not be there yet. Its first tick comes after a period, or up to a twentieth of one earlier. */
  add(actor: ActorRef<SessionIn>): void {
    this.#groups[this.#at]?.add(actor);
    this.#size += 1;
    this.#run();
  }

  remove(actor: ActorRef<SessionIn>): void {
    if (this.#groups.some((group) => group.delete(actor))) this.#size -= 1;
  }

  #run(): void {
    if (this.#running || this.#size === 0) return;
    this.#running = true;
    this.#clock.after(this.#stepMs, this.#step);
  }
}

/** The two tickers of a host: a session is on one of them. */
export class Ticks {
  readonly idle: Ticker;
  /** For sessions that have calls under way. */
  readonly busy: Ticker;

  constructor(clock: Clock) {
    this.idle = new Ticker(clock, IDLE_TICK_MS);
    this.busy = new Ticker(clock, BUSY_TICK_MS);
  }
}
