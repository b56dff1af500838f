import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import type { Principal } from '../../../auth/authenticator.js';
import type { ForwardFailure, ResponseHead } from '../../../contract/call.js';
import { STOPPED } from '../../../http1/header-policy.js';
import type { OwnFields } from '../../../server/answer-fields.js';
import { endHead } from '../../../server/end-head.js';
import type { HeldBody } from '../../../server/held-body.js';
import { reportAnswer } from '../../../server/report-answer.js';
import type { RequestFields } from '../../../server/request-fields.js';
import { type ResponsePolicy, ResponseWriter } from '../../../server/response-writer.js';
import type { ActiveRequest } from '../../active-requests.js';
import { deviceAnswerFields } from '../../fields.js';
import type { HttpContext } from '../../http-context.js';
import type { PendingRequest } from '../../route.js';
import {
  addUser,
  type DeviceCallNeeds,
  type DeviceRequest,
  type Mount,
  readDeviceRequest,
} from './device-request.js';

/** One HTTP request that a device answers (04-rest-api §4.1). */
export class DeviceCall implements PendingRequest, ResponsePolicy, ActiveRequest {
  readonly dropped = STOPPED.fromDevice;
  readonly #services: DeviceCallNeeds;
  readonly #exchange: HttpContext;
  readonly #request: DeviceRequest;
  readonly #body: HeldBody | undefined;
  user: Principal | undefined;
  slot = -1;
  #writer: ResponseWriter | undefined;

  constructor(
    services: DeviceCallNeeds,
    exchange: HttpContext,
    req: HttpRequest,
    fields: RequestFields,
    mount: Mount,
  ) {
    this.#services = services;
    this.#exchange = exchange;
    this.#request = readDeviceRequest(req, fields, exchange, services, mount);
    this.#body = this.#request.bodyLength === 0 ? undefined : exchange.holdBody();
  }

  run(user: Principal): Promise<void> | undefined {
    const { devices, open } = this.#services;
    open.add(user, this);
    if (!devices.peek(user.userId, this.#request.deviceId)) return this.#ask(user);
    this.#forward(user);
    return undefined;
  }

  async #ask(user: Principal): Promise<void> {
    const { devices, open } = this.#services;
    try {
      if (!(await devices.has(user.userId, this.#request.deviceId)))
        this.#exchange.problem('device-not-found');
      else if (!this.#exchange.over) this.#forward(user);
    } finally {
      if (this.#writer === undefined) open.remove(this);
    }
  }

  #forward(user: Principal): void {
    const { forwarder } = this.#services;
    const { deviceId, target, headers, bodyLength } = this.#request;
    const { res, method } = this.#exchange;
    addUser(headers, user);
    const writer = new ResponseWriter(res, this, this.#body !== undefined);
    this.#writer = writer;
    this.#exchange.onAbort(() => writer.aborted());
    const call = forwarder.forward(
      { by: 'device', deviceId, owner: user.userId },
      { method, target, headers, bodyLength },
      writer,
    );
    writer.attach(call, this.#body);
  }

  // ---- ActiveRequest

  abort(): void {
    if (this.#writer === undefined) this.#exchange.problem('unauthorized');
    else this.#writer.cut();
  }

  // ---- ResponsePolicy

  ownFields(): OwnFields {
    return deviceAnswerFields(this.#exchange.requestId);
  }

  endBodyless(res: HttpResponse, { contentLength }: ResponseHead, close: boolean): void {
    if (contentLength === undefined) res.endWithoutBody();
    else endHead(res, contentLength, close);
  }

  problem(_res: HttpResponse, { code, detail }: ForwardFailure, close: boolean): void {
    this.#exchange.writeProblem(code, { detail, close });
  }

  began(): void {
    this.#services.calls.began();
  }

  finished(writer: ResponseWriter, failure: ForwardFailure | 'aborted' | undefined): void {
    this.#exchange.answered();
    this.#services.open.remove(this);
    this.#services.calls.answered(writer, failure);
    this.#services.calls.ended();
    reportAnswer(this.#exchange, writer, failure);
  }
}
