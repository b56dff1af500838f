// `ProxyForwarder` carries calls to devices over remote-proxy's internal API.
import type { Readable } from 'node:stream';
import {
  type ForwardCall,
  type Forwarder,
  type ForwardFailure,
  type ForwardRequest,
  NO_CALL,
  type ResponseSink,
  type Target,
} from '../../contract/call.js';
import {
  type Bridge,
  type BridgeForwarder,
  type BridgeRequest,
  type BridgeSink,
  NO_BRIDGE,
} from '../../contract/websocket.js';
import { RequestHeadError } from '../../http1/request-head.js';
import { NO_ROOM, type UnreadBudget } from '../forward/unread-budget.js';
import { type BridgeCarrier, ProxyBridge } from './proxy-bridge.js';
import { ProxyCall, type ProxyConnections } from './proxy-call.js';
import { HANDSHAKE_MS } from './proxy-limits.js';
import type { ProxyPool } from './proxy-pool.js';
import { addCallerHeaders, targetQuery } from './proxy-request.js';

const OVERLOADED: ForwardFailure = { code: 'overloaded', detail: 'too many calls are under way' };

/** The options of a {@link ProxyForwarder}. */
export interface ProxyForwarderOptions {
  readonly pool: ProxyPool;
  readonly budget: UnreadBudget;
  /** Default {@link HANDSHAKE_MS}. */
  readonly handshakeMs?: number;
}

/**
 * Carries calls to devices over remote-proxy's internal API (02-tunnel.md §2.5). remote-proxy decides how long a device may
 * take: here only a proxy that does not answer at all is given up (`lose`), as a stream may be silent for hours.
 */
export class ProxyForwarder implements Forwarder, BridgeForwarder, ProxyConnections, BridgeCarrier {
  readonly handshakeMs: number;
  readonly budget: UnreadBudget;
  readonly #pool: ProxyPool;
  readonly #underWay = new Set<ProxyCall | ProxyBridge>();

  constructor({ pool, budget, handshakeMs }: ProxyForwarderOptions) {
    this.#pool = pool;
    this.budget = budget;
    this.handshakeMs = handshakeMs ?? HANDSHAKE_MS;
  }

  /** How many calls and WebSockets are under way. Tests read it, to see that none is left behind. */
  get underWay(): number {
    return this.#underWay.size;
  }

  forward(target: Target, request: ForwardRequest, sink: ResponseSink): ForwardCall {
    const headers = ['authorization', this.#pool.authorization, 'x-forward-method', request.method];
    headers.push('x-forward-target', request.target);
    const user = userOf(target);
    const failure = this.#refusal(user, headers, request);
    if (failure !== undefined) {
      sink.fail(failure);
      return NO_CALL;
    }
    const call = new ProxyCall(
      this,
      user,
      `/internal/forward/http?${targetQuery(target)}`,
      headers,
      request,
      sink,
    );
    this.#underWay.add(call);
    call.start();
    return call;
  }

  bridge(target: Target, request: BridgeRequest, sink: BridgeSink): Bridge {
    const headers = ['authorization', this.#pool.authorization];
    const user = userOf(target);
    const failure = this.#refusal(user, headers, request);
    if (failure !== undefined) {
      sink.fail(failure);
      return NO_BRIDGE;
    }
    const query = `${targetQuery(target)}&target=${encodeURIComponent(request.target)}`;
    const bridge = new ProxyBridge(this, user, request, sink);
    if (bridge.open(`${this.#pool.origin.replace('http', 'ws')}/internal/forward/ws?${query}`, headers)) {
      this.#underWay.add(bridge);
    }
    return bridge;
  }

  /** Gives up all calls and WebSockets under way, because remote-proxy answers nothing. */
  connectionLost(detail: string): void {
    for (const call of [...this.#underWay]) call.connectionLost(detail);
  }

  /** Ends all calls and WebSockets under way; the pool closes their connections. */
  close(): void {
    this.connectionLost('this server is going down');
  }

  // ---- ProxyConnections and BridgeCarrier

  dispatch(path: string, headers: string[], body: Buffer | Readable | null, call: ProxyCall): void {
    this.#pool.dispatch(path, headers, body, call);
  }

  released(call: ProxyCall | ProxyBridge): void {
    this.#underWay.delete(call);
  }

  // ----

  /** Completes the headers, or says why the request is not taken. */
  #refusal(
    user: string,
    headers: string[],
    request: Pick<ForwardRequest, 'headers' | 'target'>,
  ): ForwardFailure | undefined {
    if (this.#underWay.size >= this.#pool.maxCalls) return OVERLOADED;
    if (this.budget.refuses(user)) return NO_ROOM;
    try {
      addCallerHeaders(headers, request);
      return undefined;
    } catch (error) {
      if (!(error instanceof RequestHeadError)) throw error;
      return { code: 'bad-request', detail: error.message };
    }
  }
}

/** The user whose share a call counts for; all calls whose owner is not known count as one user's. */
function userOf(target: Target): string {
  return (target.by === 'device' && target.owner) || '';
}
