import type { ForwardFailure } from '../contract/call.js';
import type { ServedRequest } from './request-log.js';

/** What a device answered, as far as it came. */
interface DeviceAnswer {
  /** 0: there was no head. */
  readonly status: number;
  /** Bytes of the body that were written. */
  readonly written: number;
}

/** Tells the operator how a call to a device ended. One that failed before its head gets a problem, which tells of itself. */
export function reportAnswer(
  request: ServedRequest,
  { status, written }: DeviceAnswer,
  failure: ForwardFailure | 'aborted' | undefined,
): void {
  const { log } = request;
  if (failure === undefined || failure === 'aborted') {
    if (log.access) request.told(status, written, failure);
  } else if (status !== 0) {
    log.cut(request, failure.code, failure.detail);
    request.told(status, written, 'cut');
  }
}
