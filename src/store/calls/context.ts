import type { Engine } from '../engine/engine.js';
import type { WallClock } from '../ports/ids.js';
import type { Tables } from '../tables/tables.js';

/** What the calls of the ports are made of: each runs statements of tables as one transaction of the engine. */
export interface StoreContext extends Tables {
  readonly engine: Engine;
  readonly clock: WallClock;
}
