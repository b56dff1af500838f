// StoreRecorder counts the calls to the store.
import type { CallWatch } from '../store/client/store-client.js';
import { StoreError } from '../store/ports/errors.js';
import { CALL_POLICIES, type CallName } from '../store/wire/call-policies.js';
import type { Metrics } from './metrics.js';

/** Counts calls to the store, and the seconds that they took, as their callers see them. */
export class StoreRecorder implements CallWatch {
  readonly #metrics: Metrics;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  answered(name: CallName, ms: number): void {
    const { storeSeconds } = this.#metrics;
    storeSeconds[CALL_POLICIES[name].reads ? 'read' : 'write'].observe(ms / 1000);
  }

  failed(name: CallName, ms: number, error: unknown): void {
    this.answered(name, ms);
    this.#metrics.storeErrors[error instanceof StoreError ? error.code : 'other'] += 1;
  }
}
