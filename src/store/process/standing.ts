// Standing finds out, inside the store's process, whether the data can be read and written now.
import { StoreError, type StoreErrorCode } from '../ports/errors.js';
import { type StoreFault, type StoreState, sameState } from '../ports/store.js';

/** How often a store that takes no writes is tried, in ms. */
const TRY_EVERY_MS = 1_000;

/** After how long without a write the store is tried, in ms: a fault is known before a call meets it. */
const UNSEEN_MS = 30_000;

/**
 * What a failed write tells about other writes. `all`: they fail like it. `perhaps`: it may have failed alone, as another write
 * was in its way, so a write is tried. `nothing`: the call itself was wrong, or its error ends the process. The table has every
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

/** How {@link Standing} tries writes and tells its owner. */
export interface StandingOptions {
  /** Writes a small row, to find out whether the store takes writes. */
  readonly tryWrite: () => Promise<void>;
  /** Reports the state to the owner. False: the link is full, and the next tick reports the same again. */
  readonly tell: (state: StoreState) => boolean;
  /** Milliseconds of a clock that never steps back. */
  readonly now?: () => number;
}

/** Knows whether the data can be read and written, from how reads and writes end; where there are no writes, from its own. */
export class Standing {
  readonly #options: StandingOptions;
  readonly #now: () => number;
  #state: StoreState = {};
  #told: StoreState = {};
  #trying = false;
  /** When the next write is tried, unless another write is done before. */
  #tryAt: number;

  constructor(options: StandingOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#tryAt = this.#now() + UNSEEN_MS;
  }

  /** Whether writes work, as far as is known. */
  get canWrite(): boolean {
    return this.#state.writes === undefined;
  }

  /** Notes that a read ended; with an error: it failed. */
  read(error?: unknown): void {
    const reads = faultOf(error);
    this.#set({ ...(reads && { reads }), ...(this.#state.writes && { writes: this.#state.writes }) });
  }

  /** Notes that a write ended; with an error: it failed. */
  wrote(error?: unknown): void {
    if (error === undefined) this.#canWrite();
    if (!(error instanceof StoreError)) return;
    const says = SAYS[error.code];
    if (says === 'all') this.#canWrite(error);
    else if (says === 'perhaps') this.#tryAt = this.#now();
  }

  /** Reports a new state to the owner, and tries a write if it is time. The owner calls this over and over. */
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

/**
 * The fault that an error shows. Undefined: the error says nothing about the data, as the store is closed or it is no StoreError.
 */
function faultOf(error: unknown): StoreFault | undefined {
  if (!(error instanceof StoreError) || error.code === 'ERR_STORE_CLOSED') return undefined;
  return { code: error.code, message: error.message };
}
