// `System` is what a virtual host reports about itself, with a load that swings.
import { VERSION } from '../../version.js';

/** What GET /api/system answers. */
export interface SystemView {
  readonly hostname: string;
  readonly model: string;
  readonly serial: string;
  readonly os: {
    readonly name: string;
    readonly version: string;
    readonly kernel: string;
    readonly arch: string;
  };
  readonly agentVersion: string;
  readonly time: string;
  readonly bootedAt: string;
  readonly uptimeSeconds: number;
  readonly cpu: { readonly model: string; readonly cores: number; readonly usagePercent: number };
  readonly memory: { readonly totalBytes: number; readonly usedBytes: number };
  readonly temperatureCelsius: number;
}

/** The model name of a virtual edge host. */
export const VIRTUAL_MODEL = 'visionA Edge (virtual)';

const GIB = 1024 ** 3;
/** Milliseconds in which the load swings once. */
const SWING_MS = 600_000;

/** The virtual host itself. Its serial number tells hosts of one simulation apart, and shifts their load. */
export class System {
  readonly #serial: string;
  readonly #bootedAt: number;
  readonly #phase: number;

  /** `serial` is hexadecimal, `bootedAt` wall-clock ms. */
  constructor(serial: string, bootedAt: number) {
    this.#serial = serial;
    this.#bootedAt = bootedAt;
    this.#phase = (Number.parseInt(serial, 16) % 1000) / 1000;
  }

  /** `now` is wall-clock ms. */
  view(now: number): SystemView {
    const load = this.#load(now);
    return {
      hostname: `edge-${this.#serial}`,
      model: VIRTUAL_MODEL,
      serial: this.#serial,
      os: { name: 'Debian GNU/Linux', version: '12', kernel: '6.1.0', arch: 'arm64' },
      agentVersion: VERSION,
      time: new Date(now).toISOString(),
      bootedAt: new Date(this.#bootedAt).toISOString(),
      uptimeSeconds: Math.floor((now - this.#bootedAt) / 1000),
      cpu: { model: 'Cortex-A76', cores: 4, usagePercent: Math.round(load * 1000) / 10 },
      memory: { totalBytes: 8 * GIB, usedBytes: Math.round((2 + load) * GIB) },
      temperatureCelsius: Math.round((38 + 25 * load) * 10) / 10,
    };
  }

  /** The load, from 0.05 to 0.35, of a host that runs no inference. */
  #load(now: number): number {
    return 0.2 + 0.15 * Math.sin(2 * Math.PI * (now / SWING_MS + this.#phase));
  }
}
