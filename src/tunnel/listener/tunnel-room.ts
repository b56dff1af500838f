import type { HttpResponse, TemplatedApp } from 'uWebSockets.js';
import type { Logger } from '../../observability/log.js';

/** Connections beside all tunnels there may be: devices that are being told so. */
const DIALLING = 24;

/** The log says at most this often that there is no room, in ms. */
const TELL_EVERY_MS = 60_000;

export interface TunnelRoomOptions {
  readonly maxTunnels: number;
  /** Counts a connection that was closed unheard. */
  readonly unheard: () => void;
  readonly log: Logger;
}

/**
 * How many tunnels there may be, and connections of devices: each is a file descriptor, and without any left nobody reaches REST
 * or internal API, and the store cannot be started again.
 */
export class TunnelRoom {
  readonly #options: TunnelRoomOptions;
  #tunnels = 0;
  /** Devices that the store is being asked about: each may become a tunnel. */
  readonly #held = new Set<object>();
  /** Connections that are no tunnel, or not yet. */
  #dialling = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(options: TunnelRoomOptions) {
    this.#options = options;
  }

  /** Watches over the connections of the devices' listener. */
  watch(app: TemplatedApp): TemplatedApp {
    return app.filter((res, change) => this.#changed(res, Number(change)));
  }

  /** Whether there is room for another tunnel. */
  get isFull(): boolean {
    if (this.#tunnels + this.#held.size < this.#options.maxTunnels) return false;
    this.#tell();
    return true;
  }

  /** Keeps a place for the tunnel that a dial may become, until it is released. False: there is none. */
  hold(dial: object): boolean {
    if (this.isFull) return false;
    this.#held.add(dial);
    return true;
  }

  /** A dial is answered, or gone. */
  release(dial: object): void {
    this.#held.delete(dial);
  }

  /** A connection has become a tunnel; uWebSockets.js does not tell `watch` of it any more. */
  opened(): void {
    this.#dialling -= 1;
    this.#tunnels += 1;
  }

  closed(): void {
    this.#tunnels -= 1;
  }

  /** @param change 1: a connection came; -1: one that was no tunnel is gone */
  #changed(res: HttpResponse, change: number): void {
    this.#dialling += change;
    if (change < 0 || this.#dialling + this.#tunnels <= this.#options.maxTunnels + DIALLING) return;
    res.close();
    this.#options.unheard();
    this.#tell();
  }

  #tell(): void {
    const now = performance.now();
    if (now - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = now;
    const { maxTunnels, log } = this.#options;
    log.warn({ maxTunnels }, 'there is no room for more tunnels: devices are refused');
  }
}
