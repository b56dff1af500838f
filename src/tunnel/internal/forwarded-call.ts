// `ForwardedCall` is one call that api-server forwards, as remote-proxy receives and answers it.
import type { HttpResponse } from 'uWebSockets.js';
import type { ForwardFailure, ResponseHead } from '../../contract/call.js';
import { STOPPED } from '../../http1/header-policy.js';
import { isBodyless } from '../../http1/response-head.js';
import type { AddedHeaders } from '../../server/answer.js';
import type { CallRecorder } from '../../server/call-recorder.js';
import { reportAnswer } from '../../server/call-recorder.js';
import type { ResponsePolicy, ResponseWriter } from '../../server/response-writer.js';
import { sendProblem } from '../../server/send.js';
import { socketAddressOf } from '../../server/trusted-proxies.js';
import type { BridgePolicy, WebSocketBridge } from '../../server/websocket-bridge.js';
import { InternalRequest, type InternalRequestOptions } from './internal-request.js';

/** The header of an answer that is the proxy's own, not a device's. */
export const FROM_PROXY = { 'X-Forward-Origin': 'proxy' };

const FROM_DEVICE: AddedHeaders = ['X-Forward-Origin', 'device'];

/**
 * One forwarded call, and how it is answered: each answer says whether it is the device's or the proxy's (02-tunnel.md
 * §2.5).
 */
export class ForwardedCall extends InternalRequest implements ResponsePolicy, BridgePolicy {
  readonly dropped = STOPPED.carriedAnswer;
  readonly #calls: CallRecorder;

  constructor(calls: CallRecorder, options: InternalRequestOptions) {
    super(options);
    this.#calls = calls;
  }

  ownHeaders(): AddedHeaders {
    return FROM_DEVICE;
  }

  upgradeHeaders(): void {}

  /**
   * The carrying request is a POST, so even the answer to a HEAD is framed as what it is, an empty body; the length that the
   * device gave goes into a header of its own.
   */
  endBodyless(res: HttpResponse, { status, contentLength }: ResponseHead, close: boolean): void {
    if (contentLength !== undefined) res.writeHeader('X-Forward-Content-Length', String(contentLength));
    if (isBodyless(status, false)) res.endWithoutBody();
    else res.endWithoutBody(0, close);
  }

  problem(res: HttpResponse, { code, detail }: ForwardFailure, unread = false): void {
    // A connection that is kept would be cut at the end of the drain, perhaps during the next call.
    const close = unread || code === 'draining';
    this.remoteAddr = socketAddressOf(res);
    sendProblem(res, this, code, { detail, headers: FROM_PROXY, close });
  }

  began(): void {
    this.#calls.began();
  }

  answered(bridge: WebSocketBridge, failure: ForwardFailure | 'aborted' | undefined): void {
    this.#calls.answered(bridge, failure);
    reportAnswer(this, bridge, failure);
  }

  over(): void {
    this.#calls.ended();
  }

  finished(writer: ResponseWriter, failure: ForwardFailure | 'aborted' | undefined): void {
    this.#calls.answered(writer, failure);
    this.#calls.ended();
    reportAnswer(this, writer, failure);
  }
}
