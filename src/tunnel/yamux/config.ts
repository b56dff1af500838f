// A session's limits and times are its `Config`; this file holds the defaults, with their reasons, and checks changes.
import { HEADER_LENGTH, INITIAL_WINDOW, MAX_CREDIT } from './constants.js';

/** Limits and times of one session. Sizes are bytes, times ms. */
export interface Config {
  /**
   * Receive window a stream starts with. More than the protocol's 262,144 is advertised in a frame of its own when a stream
   * opens, less is not possible, because the peer may send that much unasked.
   */
  readonly initialWindow: number;
  /**
   * Receive window a busy stream may grow to. 4 MiB is 335 Mbit/s at 100 ms, more than an edge device sends up; it is
   * also what one stalled reader can make this side hold, and the largest message a Go device sends in one piece.
   */
  readonly maxWindow: number;
  /**
   * How much all windows of the session together may grow beyond the initial ones, so that receive memory is at most
   * streams × initialWindow + windowGrowth.
   */
  readonly windowGrowth: number;
  /** Payload of a data frame; small, so that a bulk stream holds up no other (rule 25). */
  readonly maxFrame: number;
  /** Queued bytes of a stream from which on `write` answers false. */
  readonly sendBuffer: number;
  /** How many streams of ours may be unacknowledged by the peer; hashicorp's accept backlog is 256 and it resets the 257th. */
  readonly maxUnacknowledged: number;
  /** How many streams we may have open at once. */
  readonly maxOutgoing: number;
  /** How many streams the peer may have open at once; one more is refused with RST (rule 15). 0 refuses all. */
  readonly maxIncoming: number;
  /** Silence after which the peer is pinged; less than proxies and NATs allow an idle connection. */
  readonly keepaliveInterval: number;
  /** Part of the interval that is drawn at random and taken off it, so that a fleet does not ping in step. 0 to 1. */
  readonly keepaliveJitter: number;
  /** Silence after a ping that ends the session. Any byte counts as life, so it may be short (rule 39). */
  readonly keepaliveTimeout: number;
  /** How long output may wait without one successful `pull` before the session ends (rule 40). */
  readonly writeTimeout: number;
  /** How long the peer may take to acknowledge a stream before that stream is reset (rule 14). */
  readonly openTimeout: number;
  /** How long a stream ended by us may go without a byte either way before it is reset (rule 28). */
  readonly closeTimeout: number;
  /** How many pings of the peer may wait for an answer; more are not answered (rule 37). */
  readonly maxPongs: number;
  /**
   * How many resets may wait to be sent. More mean that the peer opens streams and reads nothing: the session ends (rule
   * 41).
   */
  readonly maxResets: number;
  /**
   * How many bytes for streams that are gone may be dropped beyond what their windows allowed (rule 10). A frame that goes
   * over ends the session: only a broken or hostile peer sends it.
   */
  readonly strayData: number;
  /** How often the owner calls `tick`; the accuracy of all times above. */
  readonly tickMs: number;
  /** Source of the jitter: numbers from 0 to below 1; tests replace it. */
  readonly random: () => number;
}

/** The defaults, for a relay; the reason for each stands beside its name above. */
export const defaultConfig: Config = {
  initialWindow: INITIAL_WINDOW,
  maxWindow: 4 << 20,
  windowGrowth: 64 << 20,
  maxFrame: 16 << 10,
  sendBuffer: 256 << 10,
  maxUnacknowledged: 256,
  maxOutgoing: 1024,
  maxIncoming: 1024,
  keepaliveInterval: 15_000,
  keepaliveJitter: 0.2,
  keepaliveTimeout: 20_000,
  writeTimeout: 10_000,
  openTimeout: 75_000,
  closeTimeout: 300_000,
  maxPongs: 32,
  maxResets: 4096,
  strayData: 1 << 20,
  tickMs: 1000,
  random: Math.random,
};

/** A config with `changes` over the defaults. @throws TypeError naming every mistake at once */
export function makeConfig(changes: Partial<Config>): Config {
  const config = { ...defaultConfig, ...changes };
  const mistakes = verifyConfig(config);
  if (mistakes.length > 0) throw new TypeError(`yamux config: ${mistakes.join('; ')}`);
  return config;
}

/** @returns every mistake, empty when the config is sound */
export function verifyConfig(config: Config): string[] {
  const mistakes: string[] = [];
  const whole = (name: keyof Config, min: number, max: number): void => {
    const value = config[name];
    if (!Number.isInteger(value) || Number(value) < min || Number(value) > max) {
      mistakes.push(`${name} must be a whole number from ${min} to ${max}, is ${String(value)}`);
    }
  };
  const positive = (name: keyof Config): void => {
    if (!(Number(config[name]) > 0)) mistakes.push(`${name} must be above 0 ms, is ${String(config[name])}`);
  };
  whole('initialWindow', INITIAL_WINDOW, MAX_CREDIT);
  whole('maxWindow', config.initialWindow, MAX_CREDIT);
  whole('windowGrowth', 0, Number.MAX_SAFE_INTEGER);
  whole('maxFrame', 1, INITIAL_WINDOW);
  whole('sendBuffer', 1, Number.MAX_SAFE_INTEGER);
  whole('maxUnacknowledged', 1, MAX_CREDIT);
  whole('maxOutgoing', 0, MAX_CREDIT);
  whole('maxIncoming', 0, MAX_CREDIT);
  whole('maxPongs', 1, MAX_CREDIT);
  whole('maxResets', config.maxOutgoing + config.maxIncoming + 1, MAX_CREDIT);
  whole('strayData', HEADER_LENGTH, Number.MAX_SAFE_INTEGER);
  positive('keepaliveInterval');
  positive('keepaliveTimeout');
  positive('writeTimeout');
  positive('openTimeout');
  positive('closeTimeout');
  positive('tickMs');
  if (!(config.keepaliveJitter >= 0 && config.keepaliveJitter < 1)) {
    mistakes.push(`keepaliveJitter must be from 0 to below 1, is ${config.keepaliveJitter}`);
  }
  if (typeof config.random !== 'function') mistakes.push('random must be a function');
  return mistakes;
}
