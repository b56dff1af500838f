// `makeAgent` puts the device side together: credential, dialer, and the service that streams are handed to.
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { systemClock } from '../actors/clock.js';
import { makeConfig } from '../tunnel/yamux/config.js';
import { connectUrl, isExposed } from './dial.js';
import { Dialer } from './dialer.js';
import type { StreamService } from './service/stream-service.js';
import { forwardTo, targetOf } from './service/target.js';
import { bootHost } from './simulator/edge-api.js';
import { simulate } from './simulator/simulator.js';
import { openTokenSource } from './token-source.js';

/** The options of {@link makeAgent}. */
export interface AgentOptions {
  /** Where the relay is, `ws://` or `wss://`. */
  readonly tunnelUrl: URL;
  readonly tokenFile: string;
  /** A token from the operator; it replaces what the file holds. */
  readonly token: string | undefined;
  /** The local service, or a virtual edge host in its place. */
  readonly target: URL | 'simulate';
  /** Milliseconds of silence after which the relay is asked for a sign of life. */
  readonly heartbeatMs: number;
  /** Milliseconds of silence after which the relay is given up. */
  readonly idleTimeoutMs: number;
}

/** The silence after a ping, in ms, after which the path counts as dead: a device that waits longer is offline for longer. */
const MAX_PONG_MS = 20_000;
/** How many streams the relay may have open at once; each may hold a window of 256 KiB while the target does not read. */
const MAX_STREAMS = 1024;
/** Bytes by which all windows together may grow beyond that: an edge host has little memory. */
const WINDOW_GROWTH_BYTES = 32 << 20;

/**
 * Makes a dialer that is ready to run, with the service that the options ask for.
 * @throws TokenFileError when there is no usable credential
 */
export async function makeAgent(options: AgentOptions, log: Logger): Promise<Dialer> {
  if (isExposed(options.tunnelUrl)) {
    log.warn('the tunnel URL is ws://, so the credential travels in the clear: use wss:// outside of a test');
  }
  const token = await openTokenSource({ path: options.tokenFile, given: options.token, log });
  return new Dialer({
    url: connectUrl(options.tunnelUrl),
    token,
    tokenFile: options.tokenFile,
    service: serviceOf(options.target),
    yamux: makeConfig({
      keepaliveInterval: options.heartbeatMs,
      keepaliveTimeout: Math.max(1, Math.min(MAX_PONG_MS, options.idleTimeoutMs - options.heartbeatMs)),
      tickMs: Math.min(1_000, options.heartbeatMs),
      maxIncoming: MAX_STREAMS,
      windowGrowth: WINDOW_GROWTH_BYTES,
    }),
    clock: systemClock,
    random: Math.random,
    log,
  });
}

function serviceOf(target: URL | 'simulate'): StreamService {
  if (target !== 'simulate') return forwardTo(targetOf(target));
  return simulate(bootHost(randomBytes(4).toString('hex'), Date.now));
}
