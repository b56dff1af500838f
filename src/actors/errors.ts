// `ExitReason` says why an actor ended, `CodedError` is an expected failure; both cross threads as plain data.

/** Why an actor, a host or a supervisor ended. It is plain data, so that it crosses threads as it is. */
export type ExitReason =
  /** The actor stopped by itself or because it was asked to. */
  | { readonly kind: 'normal' }
  /** Its supervisor or owner ended it without a chance to finish. */
  | { readonly kind: 'killed'; readonly why: string }
  /** A handler threw or rejected, or the start failed. */
  | { readonly kind: 'crashed'; readonly error: SerializedError }
  /** The thread or process that hosted the actor ended. */
  | { readonly kind: 'host-down'; readonly why: string }
  /** The children of the supervisor failed more often than its restart intensity allows. */
  | { readonly kind: 'escalated'; readonly child: string; readonly last: ExitReason };

/** An error as it crosses a thread: matched by `code`, never by class. */
export interface SerializedError {
  readonly code: string;
  readonly message: string;
  readonly stack?: string;
}

/** The reason of an actor that ended by itself or was asked to. */
export const NORMAL: ExitReason = { kind: 'normal' };

/**
 * An expected failure: a value with a stable `code`. Match by `code`, never by class or message: an error that crossed a
 * thread is a `CodedError` with the code of the original.
 */
export class CodedError extends Error {
  override readonly name: string = 'CodedError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The actor did not reply in time. A reply that comes later is dropped. */
export class AskTimeoutError extends CodedError {
  override readonly name = 'AskTimeoutError';

  constructor(ask: string, timeoutMs: number) {
    super('ACTOR_ASK_TIMEOUT', `no answer to "${ask}" within ${timeoutMs} ms`);
  }
}

/** The mailbox, or the link to it, is full; nothing was sent. */
export class MailboxFullError extends CodedError {
  override readonly name = 'MailboxFullError';

  constructor(what: string) {
    super('ACTOR_MAILBOX_FULL', `${what} is full`);
  }
}

/** The actor has ended, or ended before it answered. */
export class ActorGoneError extends CodedError {
  override readonly name = 'ActorGoneError';
  readonly reason: ExitReason;
  /** False: the actor had ended before the question was put, so the question had no effect. True: the actor may have seen it. */
  readonly asked: boolean;

  constructor(reason: ExitReason, asked: boolean) {
    super('ACTOR_GONE', `the actor has ended: ${describeExit(reason)}`);
    this.reason = reason;
    this.asked = asked;
  }
}

/** The actor answers no question of that name. */
export class UnknownAskError extends CodedError {
  override readonly name = 'UnknownAskError';

  constructor(ask: string) {
    super('ACTOR_UNKNOWN_ASK', `the actor does not answer "${ask}"`);
  }
}

/** A host did not come up: its module failed to load, or it ended. */
export class HostStartError extends CodedError {
  override readonly name = 'HostStartError';

  constructor(host: string, why: string, options?: ErrorOptions) {
    super('HOST_START_FAILED', `host ${host} did not start: ${why}`, options);
  }
}

const START_LATE = 'HOST_START_LATE';

/** A host was not ready in time and was killed: the machine is busy, or the host hangs. */
export class HostStartLateError extends CodedError {
  override readonly name = 'HostStartLateError';

  constructor(host: string, timeoutMs: number) {
    super(START_LATE, `host ${host} was not ready within ${timeoutMs} ms`);
  }
}

/** Whether a start failed only because it took too long. */
export function isLateStart(reason: ExitReason): boolean {
  return reason.kind === 'crashed' && reason.error.code === START_LATE;
}

/** The code given to an error without one, which is a bug and not an expected failure. */
const UNCODED = 'UNEXPECTED';

/** The plain form of anything thrown, as it crosses threads and processes. */
export function serializeError(thrown: unknown): SerializedError {
  if (!(thrown instanceof Error)) return { code: UNCODED, message: String(thrown) };
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : UNCODED;
  return thrown.stack === undefined
    ? { code, message: thrown.message }
    : { code, message: thrown.message, stack: thrown.stack };
}

/** The error that {@link serializeError} flattened, with its code, message and original stack. */
export function rebuildError(error: SerializedError): CodedError {
  const rebuilt = new CodedError(error.code, error.message);
  if (error.stack !== undefined) rebuilt.stack = error.stack;
  return rebuilt;
}

/** The reason of an actor that threw `thrown`. */
export function crashed(thrown: unknown): ExitReason {
  return { kind: 'crashed', error: serializeError(thrown) };
}

/** One line for a log or an error message. */
export function describeExit(reason: ExitReason): string {
  switch (reason.kind) {
    case 'normal':
      return 'normal';
    case 'killed':
      return `killed: ${reason.why}`;
    case 'crashed':
      return `crashed: ${reason.error.message} (${reason.error.code})`;
    case 'host-down':
      return `host down: ${reason.why}`;
    case 'escalated':
      return `escalated: ${reason.child} failed too often, last ${describeExit(reason.last)}`;
  }
}

/**
 * Calls a callback of an owner or a watcher, which must not throw. If it does, the error
 * becomes an uncaught exception instead of breaking the delivery it is called from.
 */
export function guarded<T>(callback: (value: T) => void, value: T): void {
  try {
    callback(value);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
