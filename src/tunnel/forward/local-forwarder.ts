// `LocalForwarder` carries calls to devices whose tunnels end in this process.
import {
  type ForwardCall,
  type Forwarder,
  type ForwardRequest,
  NO_CALL,
  type ResponseSink,
  type Target,
} from '../../contract/call.js';
import type { Bridge, BridgeForwarder, BridgeRequest, BridgeSink } from '../../contract/websocket.js';
import { RequestHead, RequestHeadError } from '../../http1/request-head.js';
import type { SessionRegistryRef } from '../registry/session-registry.js';
import { LocalBridge } from './local-bridge.js';
import { LocalCall } from './local-call.js';
import type { UnreadBudget } from './unread-budget.js';

/** Carries calls by message: caller → session registry (which session?) → session actor → caller. */
export class LocalForwarder implements Forwarder, BridgeForwarder {
  readonly #registry: SessionRegistryRef;
  readonly #budget: UnreadBudget;
  readonly #head = new RequestHead();
  readonly #retried: () => void;

  /** @param retried counts calls that were sent again */
  constructor(registry: SessionRegistryRef, budget: UnreadBudget, retried: () => void) {
    this.#registry = registry;
    this.#budget = budget;
    this.#retried = retried;
  }

  forward(target: Target, request: ForwardRequest, sink: ResponseSink): ForwardCall {
    let head: Uint8Array;
    try {
      head = this.#encode(request);
    } catch (error) {
      if (!(error instanceof RequestHeadError)) throw error;
      sink.fail({ code: 'bad-request', detail: error.message });
      return NO_CALL;
    }
    const call = new LocalCall(this.#registry, target, request, head, sink, this.#budget, this.#retried);
    call.seek();
    return call;
  }

  bridge(target: Target, request: BridgeRequest, sink: BridgeSink): Bridge {
    const bridge = new LocalBridge(target, request, sink, this.#budget);
    bridge.seek(this.#registry);
    return bridge;
  }

  /** @throws RequestHeadError */
  #encode(request: ForwardRequest): Uint8Array {
    const { method, target, headers, bodyLength } = request;
    this.#head.start(method, target);
    for (let i = 0; i + 1 < headers.length; i += 2) {
      this.#head.header(headers[i] as string, headers[i + 1] as string);
    }
    // The writer's buffer is valid only until the next request, and the call may need its head for a retry.
    return Buffer.from(this.#head.end(framing(method, bodyLength)));
  }
}

function framing(method: string, bodyLength: number | undefined) {
  if (bodyLength === undefined) return { kind: 'chunked' } as const;
  // A request whose method expects a body says its length even when the body is empty (RFC 9110 §8.6).
  if (bodyLength === 0 && method !== 'POST' && method !== 'PUT' && method !== 'PATCH') {
    return { kind: 'none' } as const;
  }
  return { kind: 'length', contentLength: bodyLength } as const;
}
