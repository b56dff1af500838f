// `Heartbeat` tells when the peer is dead, and `StallWatch` when the path to it is stuck.
import type { Config } from './config.js';

/** Milliseconds of silence after which the path holds nothing that a ping could wait behind. */
const SILENCE = 2000;
/** Milliseconds for which a measured round trip serves to tune windows; then a new one is measured. */
const ROUND_TRIP_KEPT = 10_000;

/**
 * Sends pings of our own: for a sign of life when the peer is silent, and for the round trip. Any byte counts as life, so a
 * pong that waits behind bulk data kills nothing (rule 39). One ping at a time; a late pong is ignored (rule 37).
 */
export class Heartbeat {
  /**
   * The round trip of the path itself, in ms; undefined until it was measured. A ping beside a transfer waits in the queues
   * that the transfer fills, so it can only lower the known value; a ping that broke a silence measures the path anew.
   */
  roundTrip: number | undefined;
  readonly #config: Config;
  /** Time of the last received byte. */
  #lastReceived: number;
  #interval: number;
  #value = 0;
  #sentAt: number | undefined;
  #measuredAt = Number.NEGATIVE_INFINITY;
  /** True if the ping under way broke a silence. */
  #brokeSilence = false;
  /** True if bytes came since the last ping. */
  #isHeard = false;

  constructor(config: Config, now: number) {
    this.#config = config;
    this.#lastReceived = now;
    this.#interval = this.#jittered();
  }

  received(now: number): void {
    this.#lastReceived = now;
    this.#isHeard = true;
  }

  /** @returns whether to ping now, or that the peer is dead */
  tick(now: number): 'ping' | 'dead' | undefined {
    if (this.#sentAt === undefined) return now - this.#lastReceived >= this.#interval ? 'ping' : undefined;
    if (now - this.#sentAt < this.#config.keepaliveTimeout) return undefined;
    this.#sentAt = undefined;
    return this.#isHeard ? undefined : 'dead';
  }

  /** Whether a round trip is worth measuring: no fresh one is known and none is under way. */
  wantsRoundTrip(now: number): boolean {
    return this.#sentAt === undefined && now - this.#measuredAt >= ROUND_TRIP_KEPT;
  }

  /** @returns the opaque value of the ping to send */
  start(now: number): number {
    this.#sentAt = now;
    this.#brokeSilence = now - this.#lastReceived >= SILENCE;
    this.#isHeard = false;
    this.#interval = this.#jittered();
    this.#value = (this.#value + 1) >>> 0;
    return this.#value;
  }

  /** Handles a pong. @returns its round trip in ms, or undefined if nobody waits for it */
  answered(value: number, now: number): number | undefined {
    if (this.#sentAt === undefined || value !== this.#value) return undefined;
    const sample = Math.max(0, now - this.#sentAt);
    this.#sentAt = undefined;
    this.#measuredAt = now;
    if (this.#brokeSilence || this.roundTrip === undefined || sample < this.roundTrip)
      this.roundTrip = sample;
    return sample;
  }

  #jittered(): number {
    return this.#config.keepaliveInterval * (1 - this.#config.keepaliveJitter * this.#config.random());
  }
}

/** Tells when output has waited too long without any of it being taken (rule 40). */
export class StallWatch {
  readonly #timeout: number;
  #frames = 0;
  #since: number;

  /** @param timeout ms */
  constructor(timeout: number, now: number) {
    this.#timeout = timeout;
    this.#since = now;
  }

  /** @param frames sent so far. @returns whether frames are due and none was sent for the timeout */
  isStalled(isDue: boolean, frames: number, now: number): boolean {
    if (isDue && frames === this.#frames) return now - this.#since >= this.#timeout;
    this.#frames = frames;
    this.#since = now;
    return false;
  }
}
