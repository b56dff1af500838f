import { StoreError, type StoreErrorCode } from '../ports/errors.js';
import { type StoreFault, type StoreState, sameState } from '../ports/store-state.js';

/** How often it is tried whether writes are possible again, in ms. */
const TRY_EVERY_MS = 1_000;

/** A store to which nobody wrote for so long, in ms, is tried: what is wrong with it is known before somebody needs it. */
const UNSEEN_MS = 30_000;

/**
 * What a write that failed says of others. `all`: they fail like it. `perhaps`: another one may have been in its way alone, and
 * one is tried. `nothing`: it was wrong itself, or ends the process. By code, so that a new one has to be judged.
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
  /** Writes next to nothing. */
  readonly tryWrite: () => Promise<void>;
  /** False: not now; it is told again at a later tick. */
  readonly tell: (state: StoreState) => boolean;
  /** Milliseconds of a clock that never steps back. */
  readonly now?: () => number;
}

/** What can be done with the data, as reads and writes find it; where nobody writes, it tries. */
export class Standing {
  readonly #options: StandingOptions;
  readonly #now: () => number;
  #state: StoreState = {};
  #told: StoreState = {};
  #trying = false;
  /** When a write is to be tried, unless one is done before. */
  #tryAt: number;

  constructor(options: StandingOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#tryAt = this.#now() + UNSEEN_MS;
  }

  /** As far as anybody knows. */
  get canWrite(): boolean {
    return this.#state.writes === undefined;
  }

  /** A read was done; with an error: it was not. */
  read(error?: unknown): void {
    const reads = faultOf(error);
    this.#set({ ...(reads && { reads }), ...(this.#state.writes && { writes: this.#state.writes }) });
  }

  /** A write was done; with an error: it was not. */
  wrote(error?: unknown): void {
    if (error === undefined) this.#canWrite();
    if (!(error instanceof StoreError)) return;
    const says = SAYS[error.code];
    if (says === 'all') this.#canWrite(error);
    else if (says === 'perhaps') this.#tryAt = this.#now();
  }

  /** To be called over and over. */
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

/** Undefined also for what ends the store, and for a fault of ours. */
function faultOf(error: unknown): StoreFault | undefined {
  if (!(error instanceof StoreError) || error.code === 'ERR_STORE_CLOSED') return undefined;
  return { code: error.code, message: error.message };
}
