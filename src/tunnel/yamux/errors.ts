/** Every way a yamux session or stream can fail. */
export type YamuxErrorCode =
  | 'ERR_YAMUX_PROTOCOL'
  | 'ERR_YAMUX_REMOTE_GOAWAY'
  | 'ERR_YAMUX_STREAM_RESET'
  | 'ERR_YAMUX_STREAM_REFUSED'
  | 'ERR_YAMUX_STREAM_OPEN_TIMEOUT'
  | 'ERR_YAMUX_STREAM_CLOSE_TIMEOUT'
  | 'ERR_YAMUX_KEEPALIVE_TIMEOUT'
  | 'ERR_YAMUX_WRITE_STALLED'
  | 'ERR_YAMUX_SESSION_CLOSED';

/** A failure of a yamux session or stream; match by `code`. */
export class YamuxError extends Error {
  override readonly name = 'YamuxError';
  readonly code: YamuxErrorCode;

  constructor(code: YamuxErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
