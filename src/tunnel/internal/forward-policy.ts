import type { HttpResponse } from 'uWebSockets.js';
import type { CallRecorder } from '../../server/call-recorder.js';
import type { ResponsePolicy, ResponseWriter } from '../../server/response-writer.js';
import { sendProblem } from '../../server/send.js';
import type { BridgePolicy } from '../../server/websocket-bridge.js';
import type { ForwardFailure } from '../forward/contract.js';

const FROM_PROXY = { 'X-Forward-Origin': 'proxy' };

/** How the internal API answers forwarded calls: it says whether the device or the proxy speaks (02-tunnel.md §2.5). */
export class ForwardPolicy implements ResponsePolicy, BridgePolicy {
  readonly #calls: CallRecorder;

  constructor(calls: CallRecorder) {
    this.#calls = calls;
  }

  deviceHeaders(res: HttpResponse): void {
    res.writeHeader('X-Forward-Origin', 'device');
  }

  problem(res: HttpResponse, failure: ForwardFailure, requestId: string, close = false): void {
    sendProblem(res, failure.code, requestId, { detail: failure.detail, headers: FROM_PROXY, close });
  }

  began(): void {
    this.#calls.began();
  }

  finished(writer: ResponseWriter, failure: ForwardFailure | 'aborted' | undefined): void {
    this.#calls.finished(writer, failure);
  }
}
