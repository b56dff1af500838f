// This file tells the operator how a call to a device ended.
import type { ForwardFailure } from '../contract/call.js';
import type { ServedRequest } from './request-log.js';

/** A device's answer, as far as it came. */
interface DeviceAnswer {
  /** 0: there was no head. */
  readonly status: number;
  /** Bytes of the body that were written. */
  readonly written: number;
}

/** Tells the operator how a call to a device ended. A call that failed before the head is answered with a problem, which is told of where it is sent. */
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
