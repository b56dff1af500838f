// The tunnel room bounds how many tunnels and connections of devices there may be.
import type { HttpResponse, TemplatedApp } from 'uWebSockets.js';
import type { Logger } from '../../observability/log.js';

/** How many connections there may be besides all tunnels: those of devices that are told that there is no room. */
const DIALLING = 24;

/** The log says at most once in this many ms that there is no room. */
const WARN_INTERVAL_MS = 60_000;

/** The options of a {@link TunnelRoom}. */
export interface TunnelRoomOptions {
  readonly maxTunnels: number;
  /** Counts a connection that was closed before it was read. */
  readonly turnedAway: () => void;
  readonly log: Logger;
}

/**
 * Counts tunnels and connections of devices. Each is a file descriptor: with none left, nobody reaches the REST API or the
 * internal API, and the store cannot be started again.
 */
export class TunnelRoom {
  readonly #options: TunnelRoomOptions;
  #tunnels = 0;
  /** The dials that the store is being asked about: each may become a tunnel. */
  readonly #held = new Set<object>();
  /** How many connections are not a tunnel, or not yet one. */
  #dialling = 0;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(options: TunnelRoomOptions) {
    this.#options = options;
  }

  /** Counts the connections of the tunnel listener from here on. */
  watch(app: TemplatedApp): TemplatedApp {
    return app.filter((res, change) => this.#changed(res, Number(change)));
  }

  /** Whether there is no room for another tunnel. */
  get isFull(): boolean {
    if (this.#tunnels + this.#held.size < this.#options.maxTunnels) return false;
    this.#warn();
    return true;
  }

  /** Keeps room for the tunnel that a dial may become, until it is released. @returns false: there is none */
  hold(dial: object): boolean {
    if (this.isFull) return false;
    this.#held.add(dial);
    return true;
  }

  /** A dial was answered, or the device has hung up: its room is free. */
  release(dial: object): void {
    this.#held.delete(dial);
  }

  /** A connection has become a tunnel; the filter of uWebSockets.js does not report its end. */
  opened(): void {
    this.#dialling -= 1;
    this.#tunnels += 1;
  }

  /** A tunnel has closed. */
  closed(): void {
    this.#tunnels -= 1;
  }

  /** @param change 1: a connection was accepted; -1: one that was no tunnel has ended */
  #changed(res: HttpResponse, change: number): void {
    this.#dialling += change;
    if (change < 0 || this.#dialling + this.#tunnels <= this.#options.maxTunnels + DIALLING) return;
    res.close();
    this.#options.turnedAway();
    this.#warn();
  }

  #warn(): void {
    const now = performance.now();
    if (now - this.#warnedAt < WARN_INTERVAL_MS) return;
    this.#warnedAt = now;
    const { maxTunnels, log } = this.#options;
    log.warn({ maxTunnels }, 'there is no room for more tunnels: devices are refused');
  }
}
