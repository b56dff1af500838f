import type { ForwardFailureCode } from '../../../contract/call.js';
import type { YamuxError } from '../../yamux/errors.js';

/** What the end of a stream means to the caller. @param reached some of the request may have reached the device. */
export function tunnelFailure(error: YamuxError, reached: boolean): ForwardFailureCode {
  switch (error.code) {
    case 'ERR_YAMUX_STREAM_REFUSED':
      return 'stream-refused';
    case 'ERR_YAMUX_STREAM_RESET':
    case 'ERR_YAMUX_STREAM_CLOSE_TIMEOUT':
      return 'bad-device-response';
    case 'ERR_YAMUX_STREAM_OPEN_TIMEOUT':
      return 'device-timeout';
    default:
      return reached ? 'tunnel-lost-after-send' : 'tunnel-lost-before-send';
  }
}
