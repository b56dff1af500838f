// `CallRecorder` counts calls to devices, and `reportAnswer` tells the operator how each ended.
import type { ForwardFailure } from '../contract/call.js';
import type { Metrics, UploadCut } from '../observability/metrics.js';
import type { ServedRequest } from './request-log.js';

/** The facts of a call that are counted; the call is an HTTP call, or the handshake of a WebSocket. */
export interface CountedCall {
  /** When the call began, in milliseconds of `performance.now`. */
  readonly startedAt: number;
  /** Status of the device's answer; 0: it gave none. */
  readonly status: number;
  /** True if some of the request's body has not come yet. */
  readonly uploading: boolean;
}

/** Counts forwarded calls and bridged WebSockets. */
export class CallRecorder {
  readonly #metrics: Metrics;
  readonly #waiting: (() => void)[] = [];

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  began(): void {
    this.#metrics.streams += 1;
  }

  /** Counts a call whose caller has the whole answer, or gets none. A WebSocket goes on after that. */
  answered(call: CountedCall, failure: ForwardFailure | 'aborted' | undefined): void {
    const metrics = this.#metrics;
    metrics.callSeconds.observe((performance.now() - call.startedAt) / 1000);
    if (call.uploading) metrics.cutUploads[cutBy(failure)] += 1;
    if (failure === 'aborted') metrics.aborted += 1;
    else if (failure !== undefined) metrics.failed[failure.code] += 1;
    else {
      const kind = Math.floor(call.status / 100);
      metrics.answered[kind] = (metrics.answered[kind] ?? 0) + 1;
    }
  }

  /** Counts a call that began as over: no part of it is under way any more. */
  ended(): void {
    this.#metrics.streams -= 1;
    if (this.#metrics.streams === 0) this.#becomeIdle();
  }

  /** Resolves when no call or WebSocket is under way, or after `graceMs`. @returns how many are under way then */
  idle(graceMs: number): Promise<number> {
    return new Promise((resolve) => {
      const tell = (): void => resolve(this.#metrics.streams);
      const timer = setTimeout(tell, graceMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        tell();
      });
      if (this.#metrics.streams === 0) this.#becomeIdle();
    });
  }

  #becomeIdle(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function cutBy(failure: ForwardFailure | 'aborted' | undefined): UploadCut {
  if (failure === undefined) return 'answered';
  return failure === 'aborted' ? 'caller' : 'failed';
}

/** A device's answer, as far as it came. */
interface DeviceAnswer {
  /** 0: there was no head. */
  readonly status: number;
  /** Bytes of the body that were written. */
  readonly written: number;
}

/**
 * Tells the operator how a call to a device ended. A call that failed before the head is answered with a problem, which is
 * reported to the operator when it is sent.
 */
export function reportAnswer(
  request: ServedRequest,
  { status, written }: DeviceAnswer,
  failure: ForwardFailure | 'aborted' | undefined,
): void {
  const { log } = request;
  if (failure === undefined || failure === 'aborted') {
    if (log.access) request.logAnswered(status, written, failure);
  } else if (status !== 0) {
    log.answerCut(request, failure.code, failure.detail);
    request.logAnswered(status, written, 'cut');
  }
}
