// `Dialer` keeps one tunnel to the relay up: it dials, waits for the tunnel's end, and dials again.
import type { Logger } from 'pino';
import type { Clock } from '../actors/clock.js';
import type { Config } from '../tunnel/yamux/config.js';
import { type Dialled, dial } from './dial.js';
import { type Ending, Redial } from './redial.js';
import type { StreamService } from './service/stream-service.js';
import { Tunnel } from './tunnel.js';

/** The options of a {@link Dialer}. */
export interface DialerOptions {
  /** The whole address, as `connectUrl` makes it. */
  readonly url: URL;
  /** The credential, asked for before each attempt: it may have been replaced meanwhile. */
  readonly token: () => string;
  /** The token file, named to the operator when the credential is refused. */
  readonly tokenFile: string;
  readonly service: StreamService;
  readonly yamux: Config;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/** Keeps one tunnel to the relay: dials, waits for its end, and dials again, until it is drained. */
export class Dialer {
  readonly #options: DialerOptions;
  readonly #redial: Redial;
  readonly #stopping = new AbortController();
  #tunnel: Tunnel | undefined;

  constructor(options: DialerOptions) {
    this.#options = options;
    this.#redial = new Redial(options.random, options.tokenFile);
  }

  /** Fulfilled after `drain`; rejects only on a fault of the program or an unusable credential. */
  async run(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const ending = await this.#attempt(signal);
      if (signal.aborted) return;
      const { delayMs, level, message } = this.#redial.after(ending);
      log[level]({ redialMs: Math.round(delayMs) }, message);
      await sleep(clock, delayMs, signal);
    }
  }

  /** Stops dialling and ends the tunnel: sends GoAway, gives open streams at most `timeoutMs`, and closes with 1000. */
  async drain(timeoutMs: number): Promise<void> {
    this.#stopping.abort();
    await this.#tunnel?.drain(timeoutMs);
  }

  async #attempt(signal: AbortSignal): Promise<Ending> {
    const token = this.#options.token();
    const dialled = await dial(this.#options.url, token, signal);
    if (dialled.kind !== 'open') return dialled;
    // The drain may have come between the upgrade and here, too late to stop the dial.
    if (signal.aborted) dialled.socket.terminate();
    return this.#hold(dialled.socket);
  }

  async #hold(socket: Extract<Dialled, { kind: 'open' }>['socket']): Promise<Ending> {
    const { clock, log, service, url, yamux } = this.#options;
    const since = clock.now();
    this.#tunnel = new Tunnel(socket, { service, clock, yamux });
    log.info({ url: url.href }, 'tunnel up');
    const end = await this.#tunnel.ended;
    this.#tunnel = undefined;
    return { kind: 'closed', ...end, livedMs: clock.now() - since };
  }
}

/** Resolves after `ms`, or as soon as `signal` aborts. */
function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      cancel();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const cancel = clock.after(ms, wake);
    if (signal.aborted) wake();
    else signal.addEventListener('abort', wake);
  });
}
