// `NpuModule` is one virtual accelerator.

/** Whether a module is connected or disconnected, or changing to the other. */
export type LinkState = 'disconnected' | 'connecting' | 'connected' | 'disconnecting';

/** The part of a module that never changes. */
export interface ModuleIdentity {
  readonly id: string;
  readonly name: string;
  readonly chip: string;
  readonly port: string;
  readonly firmware: string;
}

/** An accelerator as the edge API shows it. */
export interface ModuleView extends ModuleIdentity {
  readonly state: LinkState;
  /** When `state` became what it is. */
  readonly stateSince: string;
  readonly temperatureCelsius: number;
}

/** How long a real module takes to load its firmware and answer, and to disconnect, in ms. */
const CONNECT_MS = 1_500;
const DISCONNECT_MS = 400;
/** The temperature at rest, the rise when connected, and how fast the temperature follows (time constant). */
const AMBIENT_CELSIUS = 34;
const CONNECTED_CELSIUS = 11;
const WARMING_MS = 60_000;

/** One virtual accelerator. Its state is a function of the time at which it is asked for: nothing runs in between. */
export class NpuModule {
  readonly identity: ModuleIdentity;
  #goal: 'disconnected' | 'connected' = 'disconnected';
  #startedAt: number;
  #settledAt: number;
  #heatAtStart = 0;

  /** `now` is wall-clock ms, here and below. */
  constructor(identity: ModuleIdentity, now: number) {
    this.identity = identity;
    this.#startedAt = now;
    this.#settledAt = now;
  }

  state(now: number): LinkState {
    if (now >= this.#settledAt) return this.#goal;
    return this.#goal === 'connected' ? 'connecting' : 'disconnecting';
  }

  /** @returns false while it is on its way to the other state */
  connect(now: number): boolean {
    return this.#change('connected', CONNECT_MS, now);
  }

  /** @returns false while it is on its way to the other state */
  disconnect(now: number): boolean {
    return this.#change('disconnected', DISCONNECT_MS, now);
  }

  view(now: number): ModuleView {
    const since = now >= this.#settledAt ? this.#settledAt : this.#startedAt;
    return {
      ...this.identity,
      state: this.state(now),
      stateSince: new Date(since).toISOString(),
      temperatureCelsius: Math.round((AMBIENT_CELSIUS + this.#heat(now)) * 10) / 10,
    };
  }

  /** Begins a change to `goal`, unless the module has that state or is changing to it already. */
  #change(goal: 'connected' | 'disconnected', takesMs: number, now: number): boolean {
    if (this.#goal === goal) return true;
    if (now < this.#settledAt) return false;
    this.#heatAtStart = this.#heat(now);
    this.#goal = goal;
    this.#startedAt = now;
    this.#settledAt = now + takesMs;
    return true;
  }

  /** Degrees above ambient: follows the state as a body of one time constant does. */
  #heat(now: number): number {
    const goal = this.#goal === 'connected' ? CONNECTED_CELSIUS : 0;
    return goal + (this.#heatAtStart - goal) * Math.exp((this.#startedAt - now) / WARMING_MS);
  }
}
