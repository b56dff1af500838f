// `EdgeHost` is a virtual edge host: its system and its modules.
import { ModuleBay } from './module-bay.js';
import { System } from './system.js';

/** Everything a virtual edge host has. */
export interface EdgeHost {
  readonly system: System;
  readonly modules: ModuleBay;
  /** Wall-clock ms. */
  readonly now: () => number;
}

/** Boots a host. `serial` is hexadecimal. */
export function bootHost(serial: string, now: () => number): EdgeHost {
  const bootedAt = now();
  return { system: new System(serial, bootedAt), modules: new ModuleBay(bootedAt), now };
}
