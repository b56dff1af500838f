import type { Admission } from '../../store/ports/admission.js';
import type { TokenHash } from '../../store/ports/ids.js';

/** The answer to a dial (02-tunnel.md §2.1). */
export type DialDecision =
  | { readonly kind: 'accepted'; readonly admission: Admission; readonly tokenHash: TokenHash }
  | { readonly kind: 'unauthorized' }
  | { readonly kind: 'rate-limited'; readonly retryAfterSeconds: number }
  | { readonly kind: 'full'; readonly retryAfterSeconds: number }
  | { readonly kind: 'unavailable'; readonly retryAfterSeconds: number };

/** A device that waits to be let in. */
export interface Dial {
  readonly token: string;
  /** Who dials, in normal form. */
  readonly address: string;
  /** It does not wait any more. */
  readonly gone: boolean;
  answer(decision: DialDecision): void;
}
