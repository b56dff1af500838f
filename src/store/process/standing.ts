// The store's process finds out what cannot be done with the data now: reads, or writes.
import { StoreError, type StoreErrorCode } from '../ports/errors.js';
import { type StoreFault, type StoreState, sameState } from '../ports/store.js';

/** How often a store that takes no writes is tried, in ms. */
const TRY_EVERY_MS = 1_000;

/** After how long without a write a store is tried, in ms: what is wrong with it is known before a call needs it. */
const UNSEEN_MS = 30_000;

/**
 * What a failed write says of other writes. `all`: they fail like it. `perhaps`: it may have failed alone, as another write was
 * in its way, and a write is tried. `nothing`: the call was wrong itself, or its error ends the process. The table has every
 * code, so that a new code has to be judged.
 */
const SAYS: Readonly<Record<StoreErrorCode, 'all' | 'perhaps' | 'nothing'>> = {
  ERR_STORE_BUSY: 'perhaps',
  ERR_STORE_FULL: 'all',
  ERR_STORE_ACCESS: 'all',
  ERR_STORE_READ_ONLY: 'all',
  ERR_STORE_CORRUPT: 'nothing',
  ERR_STORE_MOVED: 'nothing',
  ERR_STORE_IO: 'nothing',
  ERR_STORE_NEWER: 'nothing',
  ERR_STORE_INPUT: 'nothing',
  ERR_STORE_CONFLICT: 'nothing',
  ERR_STORE_LIMIT: 'nothing',
  ERR_STORE_CLOSED: 'nothing',
  ERR_STORE_UNAVAILABLE: 'all',
  ERR_STORE_OUTCOME_UNKNOWN: 'all',
};

export interface StandingOptions {
  /** Writes next to nothing, to find out whether the store takes writes. */
  readonly tryWrite: () => Promise<void>;
  /** Tells the owner. False: the link is full, and the same is told at a later tick. */
  readonly tell: (state: StoreState) => boolean;
  /** Milliseconds of a clock that never steps back. */
  readonly now?: () => number;
}

/** Knows what cannot be done with the data, from how reads and writes end; where nobody writes, from writes of its own. */
export class Standing {
  readonly #options: StandingOptions;
  readonly #now: () => number;
  #state: StoreState = {};
  #told: StoreState = {};
  #trying = false;
  /** When a write is tried, unless another one is done before. */
  #tryAt: number;

  constructor(options: StandingOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#tryAt = this.#now() + UNSEEN_MS;
  }

  /** Whether writes can be done, as far as is known. */
  get canWrite(): boolean {
    return this.#state.writes === undefined;
  }

  /** Hears that a read ended; with an error: it failed. */
  read(error?: unknown): void {
    const reads = faultOf(error);
    this.#set({ ...(reads && { reads }), ...(this.#state.writes && { writes: this.#state.writes }) });
  }

  /** Hears that a write ended; with an error: it failed. */
  wrote(error?: unknown): void {
    if (error === undefined) this.#canWrite();
    if (!(error instanceof StoreError)) return;
    const says = SAYS[error.code];
    if (says === 'all') this.#canWrite(error);
    else if (says === 'perhaps') this.#tryAt = this.#now();
  }

  /** Tells what was not told yet, and tries a write where it is time. The owner calls it over and over. */
  tick(): void {
    this.#tell();
    if (this.#trying || this.#now() < this.#tryAt) return;
    this.#trying = true;
    this.#tryAt = this.#now() + TRY_EVERY_MS;
    const tried = (error?: unknown) => {
      this.#trying = false;
      this.#canWrite(error);
    };
    this.#options.tryWrite().then(() => tried(), tried);
  }

  #canWrite(error?: unknown): void {
    const writes = faultOf(error);
    this.#tryAt = this.#now() + (writes === undefined ? UNSEEN_MS : TRY_EVERY_MS);
    this.#set({ ...(this.#state.reads && { reads: this.#state.reads }), ...(writes && { writes }) });
  }

  #set(state: StoreState): void {
    this.#state = state;
    this.#tell();
  }

  #tell(): void {
    if (!sameState(this.#state, this.#told) && this.#options.tell(this.#state)) this.#told = this.#state;
  }
}

/** The fault of an error. Undefined where it says nothing of the data: the store is closed, or the error is no StoreError. */
function faultOf(error: unknown): StoreFault | undefined {
  if (!(error instanceof StoreError) || error.code === 'ERR_STORE_CLOSED') return undefined;
  return { code: error.code, message: error.message };
}
