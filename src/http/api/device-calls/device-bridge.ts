import type { HttpRequest, HttpResponse, us_socket_context_t } from 'uWebSockets.js';
import type { Principal } from '../../../auth/authenticator.js';
import type { ForwardFailure } from '../../../contract/call.js';
import { STOPPED } from '../../../http1/header-policy.js';
import type { OwnFields } from '../../../server/answer-fields.js';
import { reportAnswer } from '../../../server/report-answer.js';
import type { RequestFields } from '../../../server/request-fields.js';
import {
  type BridgePolicy,
  type Handshake,
  readHandshake,
  WebSocketBridge,
} from '../../../server/websocket-bridge.js';
import type { ActiveRequest } from '../../active-requests.js';
import { deviceAnswerFields } from '../../fields.js';
import type { HttpContext } from '../../http-context.js';
import type { PendingRequest } from '../../route.js';
import {
  addUser,
  type DeviceCallNeeds,
  type DeviceRequest,
  readDeviceRequest,
  WHOLE_DEVICE,
} from './device-request.js';

/** One WebSocket to a device (04-rest-api, row 19). */
export class DeviceBridge implements PendingRequest, BridgePolicy, ActiveRequest {
  readonly dropped = STOPPED.fromDevice;
  readonly #services: DeviceCallNeeds;
  readonly #exchange: HttpContext;
  readonly #request: DeviceRequest;
  readonly #handshake: Handshake;
  user: Principal | undefined;
  slot = -1;
  #bridge: WebSocketBridge | undefined;

  constructor(
    services: DeviceCallNeeds,
    exchange: HttpContext,
    req: HttpRequest,
    fields: RequestFields,
    context: us_socket_context_t,
  ) {
    this.#services = services;
    this.#exchange = exchange;
    this.#request = readDeviceRequest(req, fields, exchange, services, WHOLE_DEVICE);
    this.#handshake = readHandshake(req, context);
  }

  async run(user: Principal): Promise<void> {
    this.#services.open.add(user, this);
    try {
      await this.#start(user);
    } finally {
      if (this.#bridge === undefined) this.#services.open.remove(this);
    }
  }

  async #start(user: Principal): Promise<void> {
    const { devices, forwarder } = this.#services;
    const { deviceId, target, headers } = this.#request;
    const { res } = this.#exchange;
    if (!(await devices.has(user.userId, deviceId))) return this.#exchange.problem('device-not-found');
    if (this.#exchange.over) return;
    addUser(headers, user);
    const bridge = new WebSocketBridge(res, this.#handshake, this);
    this.#bridge = bridge;
    bridge.attach(
      forwarder.bridge(
        { by: 'device', deviceId, owner: user.userId },
        { target, headers, protocols: this.#handshake.protocols },
        bridge,
      ),
    );
  }

  // ---- ActiveRequest

  abort(): void {
    if (this.#bridge === undefined) this.#exchange.problem('unauthorized');
    else this.#bridge.cut('the session or token has ended');
  }

  // ---- BridgePolicy

  ownFields(): OwnFields {
    return deviceAnswerFields(this.#exchange.requestId);
  }

  upgradeHeaders(res: HttpResponse): void {
    res.writeHeader('X-Request-Id', this.#exchange.requestId);
  }

  problem(_res: HttpResponse, { code, detail }: ForwardFailure): void {
    this.#exchange.writeProblem(code, { detail });
  }

  began(): void {
    this.#services.calls.began();
  }

  answered(bridge: WebSocketBridge, failure: ForwardFailure | 'aborted' | undefined): void {
    this.#exchange.answered();
    this.#services.calls.answered(bridge, failure);
    reportAnswer(this.#exchange, bridge, failure);
  }

  over(): void {
    this.#services.calls.ended();
    this.#services.open.remove(this);
  }
}
