/** Why an actor, a host or a supervisor ended. Plain data, so that it crosses threads as it is. */
export type ExitReason =
  /** It stopped itself or was asked to stop, and did. */
  | { readonly kind: 'normal' }
  /** Ended by its supervisor or owner, without a chance to finish. */
  | { readonly kind: 'killed'; readonly why: string }
  /** It threw, rejected, or its start failed. */
  | { readonly kind: 'crashed'; readonly error: SerializedError }
  /** The thread or process that hosted it ended. */
  | { readonly kind: 'host-down'; readonly why: string }
  /** A supervisor whose children failed more often than its restart intensity allows. */
  | { readonly kind: 'escalated'; readonly child: string; readonly last: ExitReason };

/** An error as it crosses a thread: matched by `code`, never by class. */
export interface SerializedError {
  readonly code: string;
  readonly message: string;
  readonly stack?: string;
}

export const NORMAL: ExitReason = { kind: 'normal' };
