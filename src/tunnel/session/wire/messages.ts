import type { ForwardFailureCode } from '../../../contract/call.js';
import type { CloseReason } from '../../../contract/session.js';
import type { RawHeaders } from '../../../http1/contract.js';
import type { MuxSession } from '../../yamux/contract.js';

/** Names one exchange (an HTTP call, a raw stream or a WebSocket) of a session, for as long as it runs. */
export type ExchangeId = number;

/** How an exchange uses its stream. */
export type ExchangeMode = 'http' | 'http-head' | 'raw';

/** What the gateway's side sends to a session actor. */
export type SessionIn =
  /** Bytes that the device's socket received. */
  | { readonly kind: 'received'; readonly bytes: Uint8Array }
  /** The device's socket took `bytes` of what `transmit` gave. */
  | { readonly kind: 'taken'; readonly bytes: number }
  /** A new exchange; `head` is the encoded request head (empty for raw). `chunked`: code the body's chunks. */
  | {
      readonly kind: 'open';
      readonly exchange: ExchangeId;
      readonly mode: ExchangeMode;
      readonly chunked: boolean;
      readonly hasBody: boolean;
      readonly head: Uint8Array;
    }
  /** Body bytes of an exchange; `last`: nothing follows. */
  | {
      readonly kind: 'body';
      readonly exchange: ExchangeId;
      readonly last: boolean;
      readonly bytes: Uint8Array;
    }
  /** The caller has taken `bytes` of the answer. */
  | { readonly kind: 'consumed'; readonly exchange: ExchangeId; readonly bytes: number }
  /** The caller went away: reset the stream. */
  | { readonly kind: 'abort'; readonly exchange: ExchangeId }
  /** A WebSocket to the device. */
  | {
      readonly kind: 'ws-open';
      readonly exchange: ExchangeId;
      readonly target: string;
      readonly headers: RawHeaders;
      readonly protocols: readonly string[];
    }
  | {
      readonly kind: 'ws-message';
      readonly exchange: ExchangeId;
      readonly binary: boolean;
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: 'ws-close';
      readonly exchange: ExchangeId;
      readonly code: number;
      readonly reason: string;
    }
  /** Tell the device to expect no new streams (GoAway). */
  | { readonly kind: 'drain' }
  /** End the tunnel: every exchange fails, GoAway is the last that is transmitted. */
  | { readonly kind: 'close' }
  /** The actor's own clock. */
  | { readonly kind: 'tick' };

/** The head of the device's answer, with the first bytes of its body. */
export interface AnswerHead {
  readonly kind: 'head';
  readonly exchange: ExchangeId;
  readonly status: number;
  readonly reason: string;
  readonly contentLength: number | undefined;
  readonly bodyless: boolean;
  readonly complete: boolean;
  readonly headers: RawHeaders;
  readonly body: Uint8Array;
}

type Common =
  | AnswerHead
  /** Body bytes of an answer, or bytes of a raw stream. */
  | { readonly kind: 'data'; readonly exchange: ExchangeId; readonly bytes: Uint8Array }
  /** The device may send `bytes` of the answer without any being consumed, from here on; before: the protocol's first window. */
  | { readonly kind: 'window'; readonly exchange: ExchangeId; readonly bytes: number }
  /** The answer is complete; or the device half-closed a raw stream. */
  | { readonly kind: 'end'; readonly exchange: ExchangeId }
  /** `bytes` of the request body left for the device. */
  | { readonly kind: 'credit'; readonly exchange: ExchangeId; readonly bytes: number }
  /** The exchange failed. `reached`: some of the request may have reached the device. */
  | {
      readonly kind: 'fail';
      readonly exchange: ExchangeId;
      readonly code: ForwardFailureCode;
      readonly reached: boolean;
      readonly detail: string;
    }
  | { readonly kind: 'ws-opened'; readonly exchange: ExchangeId; readonly protocol: string }
  | {
      readonly kind: 'ws-message';
      readonly exchange: ExchangeId;
      readonly binary: boolean;
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: 'ws-closed';
      readonly exchange: ExchangeId;
      readonly code: number;
      readonly reason: string;
    }
  /** `bytes` more of what `received` gave were read. */
  | { readonly kind: 'read'; readonly bytes: number }
  /** The device lives; at most once a second. Counters since the last one; `roundTripMs` < 0: not measured. */
  | {
      readonly kind: 'heartbeat';
      readonly roundTripMs: number;
      readonly windowStalls: number;
      readonly resets: number;
    }
  /** The session ended by itself; the gateway closes the socket. */
  | { readonly kind: 'ended'; readonly reason: CloseReason; readonly detail: string };

/** What a session actor sends, as it writes it: `transmit` packs straight from the multiplexer and tells in `sent` how much. */
export type SessionOutWritten =
  | Common
  | { readonly kind: 'transmit'; readonly from: MuxSession; readonly max: number; sent: number };

/** What the gateway's side reads. */
export type SessionOut = Common | { readonly kind: 'transmit'; readonly bytes: Buffer };

/** What a session actor starts with. */
export interface SessionInit {
  readonly heartbeatMs: number;
  readonly idleTimeoutMs: number;
  readonly headTimeoutMs: number;
}
