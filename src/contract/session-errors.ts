// Sessions and their streams fail with these errors, each with a stable code.
import { CodedError } from '../actors/errors.js';

/** No session is registered for the token. */
export class SessionNotFoundError extends CodedError {
  constructor() {
    super('ERR_SESSION_NOT_FOUND', 'session: not found');
  }
}

/** The session is registered, but its last heartbeat is older than the idle timeout. */
export class SessionExpiredError extends CodedError {
  constructor() {
    super('ERR_SESSION_EXPIRED', 'session: expired');
  }
}

/** This store implementation does not offer the operation. */
export class NotSupportedError extends CodedError {
  constructor(operation: string) {
    super('ERR_NOT_SUPPORTED', `session: ${operation} is not supported by this store`);
  }
}

/** The connection under the session is gone. */
export class SessionClosedError extends CodedError {
  constructor() {
    super('ERR_SESSION_CLOSED', 'session: underlying connection closed');
  }
}

/** The device, or a limit of the product, refused a stream. */
export class StreamRefusedError extends CodedError {
  constructor(detail: string) {
    super('ERR_STREAM_REFUSED', `session: stream refused: ${detail}`);
  }
}

/** The device reset a stream. */
export class StreamResetError extends CodedError {
  constructor(detail: string) {
    super('ERR_STREAM_RESET', `session: stream reset: ${detail}`);
  }
}

/** Resolves as `closed` does, and also if the session is gone or has expired: the sweeper closes expired sessions. */
export async function unlessGone(closed: Promise<void>): Promise<void> {
  try {
    await closed;
  } catch (error) {
    if (!(error instanceof SessionNotFoundError || error instanceof SessionExpiredError)) throw error;
  }
}
