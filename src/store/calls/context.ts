// A StoreContext holds the parts that the store's calls use: tables, an engine and a clock.
import type { Engine } from '../engine/engine.js';
import type { WallClock } from '../ports/ids.js';
import type { Tables } from '../tables/tables.js';

/** The tables, engine and clock of a store: a call runs statements of tables as one transaction of the engine. */
export interface StoreContext extends Tables {
  readonly engine: Engine;
  readonly clock: WallClock;
}
