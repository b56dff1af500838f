// DeviceBridge is one WebSocket from a caller to a device.
import type { HttpRequest, HttpResponse, us_socket_context_t } from 'uWebSockets.js';
import type { Principal } from '../../../auth/authenticator.js';
import type { ForwardFailure } from '../../../contract/call.js';
import { reportAnswer } from '../../../server/call-recorder.js';
import { type Handshake, readHandshake } from '../../../server/handshake.js';
import type { RequestHeaders } from '../../../server/request-headers.js';
import { type BridgePolicy, WebSocketBridge } from '../../../server/websocket-bridge.js';
import type { HttpContext } from '../../http-context.js';
import { type DeviceCallNeeds, WHOLE_DEVICE } from './device-request.js';
import { PendingDeviceRequest } from './pending-device-request.js';

/** One WebSocket to a device (04-rest-api, row 19). */
export class DeviceBridge extends PendingDeviceRequest implements BridgePolicy {
  readonly #handshake: Handshake;
  #bridge: WebSocketBridge | undefined;

  constructor(
    needs: DeviceCallNeeds,
    context: HttpContext,
    req: HttpRequest,
    headers: RequestHeaders,
    socket: us_socket_context_t,
  ) {
    super(needs, context, req, headers, WHOLE_DEVICE);
    this.#handshake = readHandshake(req, socket);
  }

  // ---- PendingDeviceRequest

  protected get isForwarded(): boolean {
    return this.#bridge !== undefined;
  }

  protected forward({ userId }: Principal): void {
    const { deviceId, target, headers } = this.request;
    const { protocols } = this.#handshake;
    const bridge = new WebSocketBridge(this.context.res, this.#handshake, this);
    this.#bridge = bridge;
    bridge.attach(
      this.needs.forwarder.bridge(
        { by: 'device', deviceId, owner: userId },
        { target, headers, protocols },
        bridge,
      ),
    );
  }

  protected abortForwarded(): void {
    this.#bridge?.abort('the session or token has ended');
  }

  // ---- BridgePolicy

  upgradeHeaders(res: HttpResponse): void {
    res.writeHeader('X-Request-Id', this.context.requestId);
  }

  problem(_res: HttpResponse, { code, detail }: ForwardFailure): void {
    this.context.writeProblem(code, { detail });
  }

  answered(bridge: WebSocketBridge, failure: ForwardFailure | 'aborted' | undefined): void {
    this.context.answered();
    this.needs.calls.answered(bridge, failure);
    reportAnswer(this.context, bridge, failure);
  }

  over(): void {
    const { calls, open } = this.needs;
    calls.ended();
    open.remove(this);
  }
}
