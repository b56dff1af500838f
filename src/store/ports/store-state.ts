// What cannot be done with the data now.
import type { StoreErrorCode } from './errors.js';

/** Why reads, or writes, cannot be done now. */
export interface StoreFault {
  readonly code: StoreErrorCode;
  /** One sentence for the operator. */
  readonly message: string;
}

/** What cannot be done with the data now; absent: it can. */
export interface StoreState {
  readonly reads?: StoreFault;
  readonly writes?: StoreFault;
}

/** Whether two states allow the same. */
export function sameState(one: StoreState, other: StoreState): boolean {
  return one.reads?.code === other.reads?.code && one.writes?.code === other.writes?.code;
}
