import type { Engine } from '../engine.js';
import type { Clock } from '../ids.js';
import type { Tables } from '../tables/tables.js';

/** What the calls of the ports are made of: each runs statements of tables as one transaction of the engine. */
export interface Parts extends Tables {
  readonly engine: Engine;
  readonly clock: Clock;
}
