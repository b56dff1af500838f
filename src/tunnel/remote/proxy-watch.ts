// `ProxyWatch` watches remote-proxy from api-server: whether it can serve, and whether it hangs.
import type { Logger } from '../../observability/log.js';
import { ProxyRefusedError, ProxyUnreachableError } from './proxy-failure.js';
import { MISSED_ROUNDS, WATCH_INTERVAL_MS } from './proxy-limits.js';

/** The state of remote-proxy, as seen from api-server. `unready`: it answers, but cannot serve. */
type ProxyState = 'ready' | 'unready' | 'unreachable' | 'refused';

/** The options of a {@link ProxyWatch}. */
export interface ProxyWatchOptions {
  /** Asks remote-proxy whether it can serve; `ready` rejects with a ProxyUnreachableError or ProxyRefusedError. */
  readonly proxy: { ready(): Promise<boolean> };
  readonly log: Logger;
  /** Called when remote-proxy has not answered for some rounds: a process that hangs closes no connection. */
  readonly lost: (detail: string) => void;
  /** Default {@link WATCH_INTERVAL_MS}. */
  readonly intervalMs?: number;
}

/** Watches remote-proxy from api-server: logs changes of its state, and notices when it hangs. */
export class ProxyWatch {
  readonly #options: ProxyWatchOptions;
  #state: ProxyState | undefined;
  #asking: Promise<ProxyState> | undefined;
  #inRound = false;
  #missed = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ProxyWatchOptions) {
    this.#options = options;
  }

  /** Asks remote-proxy now and in every round. */
  start(): void {
    const round = (): void => void this.#round();
    this.#timer = setInterval(round, this.#options.intervalMs ?? WATCH_INTERVAL_MS);
    round();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Why calls cannot be served through remote-proxy now; undefined: they can. Callers at the same time share one question to
   * remote-proxy.
   */
  async unready(): Promise<'proxy-unreachable' | 'proxy-refused' | undefined> {
    const state = await this.#ask();
    if (state === 'ready') return undefined;
    return state === 'refused' ? 'proxy-refused' : 'proxy-unreachable';
  }

  async #round(): Promise<void> {
    if (this.#inRound) return;
    this.#inRound = true;
    const state = await this.#ask();
    this.#inRound = false;
    if (this.#timer === undefined) return;
    this.#missed = state === 'unreachable' ? this.#missed + 1 : 0;
    if (this.#missed >= MISSED_ROUNDS) this.#options.lost('it does not answer');
  }

  #ask(): Promise<ProxyState> {
    this.#asking ??= this.#askNow().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #askNow(): Promise<ProxyState> {
    try {
      return this.#became((await this.#options.proxy.ready()) ? 'ready' : 'unready');
    } catch (error) {
      if (error instanceof ProxyRefusedError) return this.#became('refused');
      if (error instanceof ProxyUnreachableError) return this.#became('unreachable', error.message);
      throw error;
    }
  }

  #became(state: ProxyState, why = ''): ProxyState {
    const { log } = this.#options;
    if (state === this.#state) return state;
    this.#state = state;
    if (state === 'ready') log.info('the tunnel proxy is ready');
    else if (state === 'unready') log.warn('the tunnel proxy is not ready to serve');
    else if (state === 'unreachable') log.warn({ why }, 'the tunnel proxy cannot be reached');
    else {
      log.error(
        'the tunnel proxy refused the internal secret: give api-server and remote-proxy the same INTERNAL_SECRET',
      );
    }
    return state;
  }
}
