// A session actor sends these messages to the main thread; the codec packs them (docs/adr/0003).
import type { Codec, PackReader, PackWriter } from '../../../actors/pack.js';
import { FORWARD_FAILURES, type ForwardFailureCode } from '../../../contract/call.js';
import { CLOSE_REASONS, type CloseReason } from '../../../contract/session.js';
import type { RawHeaders } from '../../../http1/contract.js';
import type { MuxSession } from '../../yamux/contract.js';
import { type ExchangeId, readStrings, writeStrings } from './session-in.js';

/** The head of the device's answer, with the first bytes of its body. `complete`: they are the whole body. */
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

/** The messages that are read in the form in which they were written. */
type Common =
  | AnswerHead
  /** Body bytes of an answer, or bytes of a raw stream. */
  | { readonly kind: 'data'; readonly exchange: ExchangeId; readonly bytes: Uint8Array }
  /**
   * From now on the device may send `bytes` of the answer before any are consumed; until then it is the protocol's initial
   * window.
   */
  | { readonly kind: 'window'; readonly exchange: ExchangeId; readonly bytes: number }
  /** The answer is complete, or the device half-closed a raw stream. */
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
  /** The actor has read `bytes` more of those that `received` gave it. */
  | { readonly kind: 'read'; readonly bytes: number }
  /**
   * The device is alive; sent at most once a second. The counters are since the last heartbeat; `roundTripMs` < 0: not
   * measured.
   */
  | {
      readonly kind: 'heartbeat';
      readonly roundTripMs: number;
      readonly windowStalls: number;
      readonly resets: number;
    }
  /** The session ended by itself; the main thread closes the socket. */
  | { readonly kind: 'ended'; readonly reason: CloseReason; readonly detail: string };

/**
 * A message as the actor writes it: `transmit` is packed straight from the multiplexer, and `sent` is told how many bytes
 * that gave.
 */
export type SessionOutWritten =
  | Common
  | { readonly kind: 'transmit'; readonly from: MuxSession; readonly max: number; sent: number };

/** A message as the main thread reads it. */
export type SessionOut = Common | { readonly kind: 'transmit'; readonly bytes: Buffer };

const OUT = {
  transmit: 1,
  head: 2,
  data: 3,
  end: 4,
  credit: 5,
  fail: 6,
  'ws-opened': 7,
  'ws-message': 8,
  'ws-closed': 9,
  heartbeat: 10,
  ended: 11,
  read: 12,
  window: 13,
} as const;

const FLAG_BODYLESS = 1;
const FLAG_COMPLETE = 2;
const FLAG_LENGTH = 4;

function writeHead(message: AnswerHead, out: PackWriter): void {
  out.u32(message.exchange);
  out.u16(message.status);
  out.u8(
    (message.bodyless ? FLAG_BODYLESS : 0) |
      (message.complete ? FLAG_COMPLETE : 0) |
      (message.contentLength !== undefined ? FLAG_LENGTH : 0),
  );
  if (message.contentLength !== undefined) out.f64(message.contentLength);
  out.latin1(message.reason);
  writeStrings(out, message.headers);
  out.raw(message.body);
}

function readHead(from: PackReader): AnswerHead {
  const exchange = from.u32();
  const status = from.u16();
  const flags = from.u8();
  return {
    kind: 'head',
    exchange,
    status,
    contentLength: (flags & FLAG_LENGTH) !== 0 ? from.f64() : undefined,
    reason: from.latin1(),
    bodyless: (flags & FLAG_BODYLESS) !== 0,
    complete: (flags & FLAG_COMPLETE) !== 0,
    headers: readStrings(from),
    body: from.lent(),
  };
}

/** Packs and reads the messages of a session actor. */
export const outCodec: Codec<SessionOutWritten, SessionOut> = {
  write(message, out) {
    out.u8(OUT[message.kind]);
    switch (message.kind) {
      case 'transmit': {
        const size = Math.min(message.max, message.from.pending);
        const at = out.reserve(size);
        message.sent = message.from.pull(out.bytes, at, size);
        return out.commit(message.sent);
      }
      case 'head':
        return writeHead(message, out);
      case 'data':
        out.u32(message.exchange);
        return out.raw(message.bytes);
      case 'end':
        return out.u32(message.exchange);
      case 'credit':
      case 'window':
        out.u32(message.exchange);
        return out.u32(message.bytes);
      case 'fail':
        out.u32(message.exchange);
        out.u8(FORWARD_FAILURES.indexOf(message.code));
        out.u8(message.reached ? 1 : 0);
        return out.utf8(message.detail);
      case 'ws-opened':
        out.u32(message.exchange);
        return out.latin1(message.protocol);
      case 'ws-message':
        out.u32(message.exchange);
        out.u8(message.binary ? 1 : 0);
        return out.raw(message.bytes);
      case 'ws-closed':
        out.u32(message.exchange);
        out.u16(message.code);
        return out.utf8(message.reason);
      case 'read':
        return out.u32(message.bytes);
      case 'heartbeat':
        out.f64(message.roundTripMs);
        out.u32(message.windowStalls);
        return out.u32(message.resets);
      case 'ended':
        out.u8(CLOSE_REASONS.indexOf(message.reason));
        return out.utf8(message.detail);
    }
  },
  /** Joins bytes of a body, however the device cuts it into frames, so that the caller's socket is written to once. */
  join(message, out, at) {
    if (message.kind !== 'data' || out.bytes[at] !== OUT.data) return false;
    if (out.bytes.readUInt32LE(at + 1) !== message.exchange) return false;
    out.raw(message.bytes);
    return true;
  },
  read(from) {
    const kind = from.u8();
    switch (kind) {
      case OUT.transmit:
        return { kind: 'transmit', bytes: from.lent() };
      case OUT.head:
        return readHead(from);
      case OUT.data:
        return { kind: 'data', exchange: from.u32(), bytes: from.lent() };
      case OUT.end:
        return { kind: 'end', exchange: from.u32() };
      case OUT.credit:
        return { kind: 'credit', exchange: from.u32(), bytes: from.u32() };
      case OUT.window:
        return { kind: 'window', exchange: from.u32(), bytes: from.u32() };
      case OUT.fail:
        return {
          kind: 'fail',
          exchange: from.u32(),
          code: FORWARD_FAILURES[from.u8()] ?? 'bad-device-response',
          reached: from.u8() === 1,
          detail: from.utf8(),
        };
      case OUT['ws-opened']:
        return { kind: 'ws-opened', exchange: from.u32(), protocol: from.latin1() };
      case OUT['ws-message']:
        return { kind: 'ws-message', exchange: from.u32(), binary: from.u8() === 1, bytes: from.rest() };
      case OUT['ws-closed']:
        return { kind: 'ws-closed', exchange: from.u32(), code: from.u16(), reason: from.utf8() };
      case OUT.read:
        return { kind: 'read', bytes: from.u32() };
      case OUT.heartbeat:
        return { kind: 'heartbeat', roundTripMs: from.f64(), windowStalls: from.u32(), resets: from.u32() };
      case OUT.ended:
        return { kind: 'ended', reason: CLOSE_REASONS[from.u8()] ?? 'internal', detail: from.utf8() };
      default:
        throw new RangeError(`unknown session message ${kind}`);
    }
  },
};
