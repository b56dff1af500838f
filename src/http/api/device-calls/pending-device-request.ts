// PendingDeviceRequest is the common part of calls and WebSockets to a device: it checks the owner, and ends with the session.
import type { HttpRequest } from 'uWebSockets.js';
import type { Principal } from '../../../auth/authenticator.js';
import { STOPPED } from '../../../http1/header-policy.js';
import type { AddedHeaders } from '../../../server/answer.js';
import type { RequestHeaders } from '../../../server/request-headers.js';
import type { ActiveRequest } from '../../active-requests.js';
import type { HttpContext } from '../../http-context.js';
import type { PendingRequest } from '../../route.js';
import {
  addUser,
  type DeviceCallNeeds,
  type DeviceRequest,
  type Mount,
  readDeviceRequest,
} from './device-request.js';

/**
 * A device's page is shown without scripts, in an origin of its own, and loads nothing: our origin holds the user's session. None
 * of this affects an API client, or an image or stream that our own page embeds.
 */
const DEVICE_ANSWER_HEADERS = [
  "Content-Security-Policy: sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
  'X-Content-Type-Options: nosniff',
  'Cross-Origin-Resource-Policy: same-origin',
  'Referrer-Policy: no-referrer',
  // A cache may store an answer if the device allows it, but must not serve it to the next user.
  'Vary: Authorization, Cookie',
].join('\r\n');

/** A request to a device, from its head on. It is forwarded once the store confirms that the device is the user's. */
export abstract class PendingDeviceRequest implements PendingRequest, ActiveRequest {
  /** Headers of the device's answer that do not reach the caller. */
  readonly dropped = STOPPED.fromDevice;
  user: Principal | undefined;
  slot = -1;
  protected readonly needs: DeviceCallNeeds;
  protected readonly context: HttpContext;
  protected readonly request: DeviceRequest;

  /** Reads the request while `req` is live. */
  constructor(
    needs: DeviceCallNeeds,
    context: HttpContext,
    req: HttpRequest,
    headers: RequestHeaders,
    mount: Mount,
  ) {
    this.needs = needs;
    this.context = context;
    this.request = readDeviceRequest(req, headers, context, needs, mount);
  }

  /** Forwards the request at once if the device's owner is known, as for a busy client; else asks the store first. */
  run(user: Principal): Promise<void> | undefined {
    const { devices, open } = this.needs;
    open.add(user, this);
    if (!devices.peek(user.userId, this.request.deviceId)) return this.#ask(user);
    this.#forward(user);
    return undefined;
  }

  abort(): void {
    if (this.isForwarded) this.abortForwarded();
    else this.context.problem('unauthorized');
  }

  /** Headers that the listener adds to the device's answer. The request's id contains no line break. */
  ownHeaders(): AddedHeaders {
    return ['X-Request-Id', `${this.context.requestId}\r\n${DEVICE_ANSWER_HEADERS}`];
  }

  began(): void {
    this.needs.calls.began();
  }

  /** Whether the request was forwarded. From then on the forwarder's events end it. */
  protected abstract get isForwarded(): boolean;

  /** Hands the request to the forwarder. @param owner the user who owns the device */
  protected abstract forward(owner: Principal): void;

  /** Ends the forwarded request: its user has lost access. */
  protected abstract abortForwarded(): void;

  async #ask(user: Principal): Promise<void> {
    const { devices, open } = this.needs;
    try {
      if (!(await devices.has(user.userId, this.request.deviceId))) this.context.problem('device-not-found');
      else if (!this.context.over) this.#forward(user);
    } finally {
      if (!this.isForwarded) open.remove(this);
    }
  }

  #forward(user: Principal): void {
    addUser(this.request.headers, user);
    this.forward(user);
  }
}
