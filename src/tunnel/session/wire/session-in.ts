// The main thread sends these messages to a session actor; the codec packs them (docs/adr/0003).
import type { Codec, PackReader, PackWriter } from '../../../actors/pack.js';
import type { RawHeaders } from '../../../http1/contract.js';

/** Identifies one exchange (an HTTP call, a raw stream or a WebSocket) of a session, for as long as it runs. */
export type ExchangeId = number;

/** How an exchange uses its stream. */
export type ExchangeMode = 'http' | 'http-head' | 'raw';

/** A message of the main thread to a session actor. */
export type SessionIn =
  /** Bytes that the device's socket received. */
  | { readonly kind: 'received'; readonly bytes: Uint8Array }
  /** The device's socket sent `bytes` of those that `transmit` gave it. */
  | { readonly kind: 'sent'; readonly bytes: number }
  /**
   * Begins an exchange. `head` is the encoded head of the request, empty for `raw`; `chunked`: the actor codes the body
   * in chunks.
   */
  | {
      readonly kind: 'open';
      readonly exchange: ExchangeId;
      readonly mode: ExchangeMode;
      readonly chunked: boolean;
      readonly hasBody: boolean;
      readonly head: Uint8Array;
    }
  /** Body bytes of an exchange; `last`: no bytes follow. */
  | {
      readonly kind: 'body';
      readonly exchange: ExchangeId;
      readonly last: boolean;
      readonly bytes: Uint8Array;
    }
  /** The caller has read `bytes` of the answer. */
  | { readonly kind: 'consumed'; readonly exchange: ExchangeId; readonly bytes: number }
  /** The caller went away: the actor resets the stream. */
  | { readonly kind: 'abort'; readonly exchange: ExchangeId }
  /** Begins an exchange that is a WebSocket to the device. */
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
  /** The actor tells the device to expect no new streams (GoAway). */
  | { readonly kind: 'drain' }
  /** The actor ends the tunnel: every exchange fails, and GoAway is the last frame that it transmits. */
  | { readonly kind: 'close' }
  /** A tick of the session's clock, see `Ticker`. */
  | { readonly kind: 'tick' };

const IN = {
  received: 1,
  sent: 2,
  open: 3,
  body: 4,
  consumed: 5,
  abort: 6,
  'ws-open': 7,
  'ws-message': 8,
  'ws-close': 9,
  drain: 10,
  close: 11,
  tick: 12,
} as const;

const MODES: readonly ExchangeMode[] = ['http', 'http-head', 'raw'];

const FLAG_CHUNKED = 4;
const FLAG_BODY = 8;

/** Packs a list of Latin-1 strings, at most 65,535 of them. */
export function writeStrings(out: PackWriter, strings: readonly string[]): void {
  out.u16(strings.length);
  for (const text of strings) out.latin1(text);
}

/** Reads the list that {@link writeStrings} packed. */
export function readStrings(from: PackReader): string[] {
  const count = from.u16();
  const strings = new Array<string>(count);
  for (let i = 0; i < count; i++) strings[i] = from.latin1();
  return strings;
}

/** Packs and reads the messages to a session actor. */
export const inCodec: Codec<SessionIn> = {
  write(message, out) {
    out.u8(IN[message.kind]);
    switch (message.kind) {
      case 'received':
        return out.raw(message.bytes);
      case 'sent':
        return out.u32(message.bytes);
      case 'open':
        out.u32(message.exchange);
        out.u8(
          MODES.indexOf(message.mode) |
            (message.chunked ? FLAG_CHUNKED : 0) |
            (message.hasBody ? FLAG_BODY : 0),
        );
        return out.raw(message.head);
      case 'body':
        out.u32(message.exchange);
        out.u8(message.last ? 1 : 0);
        return out.raw(message.bytes);
      case 'consumed':
        out.u32(message.exchange);
        return out.u32(message.bytes);
      case 'abort':
        return out.u32(message.exchange);
      case 'ws-open':
        out.u32(message.exchange);
        out.latin1(message.target);
        writeStrings(out, message.headers);
        return writeStrings(out, message.protocols);
      case 'ws-message':
        out.u32(message.exchange);
        out.u8(message.binary ? 1 : 0);
        return out.raw(message.bytes);
      case 'ws-close':
        out.u32(message.exchange);
        out.u16(message.code);
        return out.utf8(message.reason);
      case 'drain':
      case 'close':
      case 'tick':
        return;
    }
  },
  /** Joins bytes of a tunnel, which are one stream, however the device cuts it into WebSocket messages. */
  join(message, out, at) {
    if (message.kind !== 'received' || out.bytes[at] !== IN.received) return false;
    out.raw(message.bytes);
    return true;
  },
  read(from) {
    const kind = from.u8();
    switch (kind) {
      case IN.received:
        return { kind: 'received', bytes: from.lent() };
      case IN.sent:
        return { kind: 'sent', bytes: from.u32() };
      case IN.open: {
        const exchange = from.u32();
        const flags = from.u8();
        return {
          kind: 'open',
          exchange,
          mode: MODES[flags & 3] ?? 'http',
          chunked: (flags & FLAG_CHUNKED) !== 0,
          hasBody: (flags & FLAG_BODY) !== 0,
          // The head is copied: it may wait for a stream, and a view would keep the whole batch.
          head: Buffer.from(from.lent()),
        };
      }
      case IN.body:
        return { kind: 'body', exchange: from.u32(), last: from.u8() === 1, bytes: from.leased() };
      case IN.consumed:
        return { kind: 'consumed', exchange: from.u32(), bytes: from.u32() };
      case IN.abort:
        return { kind: 'abort', exchange: from.u32() };
      case IN['ws-open']:
        return {
          kind: 'ws-open',
          exchange: from.u32(),
          target: from.latin1(),
          headers: readStrings(from),
          protocols: readStrings(from),
        };
      case IN['ws-message']:
        return { kind: 'ws-message', exchange: from.u32(), binary: from.u8() === 1, bytes: from.rest() };
      case IN['ws-close']:
        return { kind: 'ws-close', exchange: from.u32(), code: from.u16(), reason: from.utf8() };
      case IN.drain:
        return { kind: 'drain' };
      case IN.close:
        return { kind: 'close' };
      case IN.tick:
        return { kind: 'tick' };
      default:
        throw new RangeError(`unknown session message ${kind}`);
    }
  },
};
