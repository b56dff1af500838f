// DeviceCall is one HTTP request that a device answers.
import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import type { Principal } from '../../../auth/authenticator.js';
import type { ForwardFailure, ResponseHead } from '../../../contract/call.js';
import { endHead } from '../../../server/answer.js';
import { reportAnswer } from '../../../server/call-recorder.js';
import type { HeldBody } from '../../../server/held-body.js';
import type { RequestHeaders } from '../../../server/request-headers.js';
import { type ResponsePolicy, ResponseWriter } from '../../../server/response-writer.js';
import type { HttpContext } from '../../http-context.js';
import type { DeviceCallNeeds, Mount } from './device-request.js';
import { PendingDeviceRequest } from './pending-device-request.js';

/** One HTTP request that a device answers (04-rest-api §4.1). */
export class DeviceCall extends PendingDeviceRequest implements ResponsePolicy {
  readonly #body: HeldBody | undefined;
  #writer: ResponseWriter | undefined;

  constructor(
    needs: DeviceCallNeeds,
    context: HttpContext,
    req: HttpRequest,
    headers: RequestHeaders,
    mount: Mount,
  ) {
    super(needs, context, req, headers, mount);
    this.#body = this.request.bodyLength === 0 ? undefined : context.holdBody();
  }

  // ---- PendingDeviceRequest

  protected get isForwarded(): boolean {
    return this.#writer !== undefined;
  }

  protected forward({ userId }: Principal): void {
    const { deviceId, target, headers, bodyLength } = this.request;
    const { res, method } = this.context;
    const writer = new ResponseWriter(res, this, this.#body !== undefined);
    this.#writer = writer;
    this.context.onAbort(() => writer.aborted());
    const call = this.needs.forwarder.forward(
      { by: 'device', deviceId, owner: userId },
      { method, target, headers, bodyLength },
      writer,
    );
    writer.attach(call, this.#body);
  }

  protected abortForwarded(): void {
    this.#writer?.abort();
  }

  // ---- ResponsePolicy

  endBodyless(res: HttpResponse, { contentLength }: ResponseHead, close: boolean): void {
    if (contentLength === undefined) res.endWithoutBody();
    else endHead(res, contentLength, close);
  }

  problem(_res: HttpResponse, { code, detail }: ForwardFailure, close: boolean): void {
    this.context.writeProblem(code, { detail, close });
  }

  finished(writer: ResponseWriter, failure: ForwardFailure | 'aborted' | undefined): void {
    const { calls, open } = this.needs;
    this.context.answered();
    open.remove(this);
    calls.answered(writer, failure);
    calls.ended();
    reportAnswer(this.context, writer, failure);
  }
}
