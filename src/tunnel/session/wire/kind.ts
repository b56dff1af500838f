import type { HostedKind } from '../../../actors/host.js';
import type { Codec, PackReader, PackWriter } from '../../../actors/pack.js';
import { FORWARD_FAILURES } from '../../../contract/call.js';
import { CLOSE_REASONS } from '../../../contract/session.js';
import type {
  AnswerHead,
  ExchangeMode,
  SessionIn,
  SessionInit,
  SessionOut,
  SessionOutWritten,
} from './messages.js';

const IN = {
  received: 1,
  taken: 2,
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

const MODES: readonly ExchangeMode[] = ['http', 'http-head', 'raw'];

const FLAG_CHUNKED = 4;
const FLAG_BODY = 8;
const FLAG_BODYLESS = 1;
const FLAG_COMPLETE = 2;
const FLAG_LENGTH = 4;

function writeStrings(out: PackWriter, strings: readonly string[]): void {
  out.u16(strings.length);
  for (const text of strings) out.latin1(text);
}

function readStrings(from: PackReader): string[] {
  const count = from.u16();
  const strings = new Array<string>(count);
  for (let i = 0; i < count; i++) strings[i] = from.latin1();
  return strings;
}

const inCodec: Codec<SessionIn> = {
  write(message, out) {
    out.u8(IN[message.kind]);
    switch (message.kind) {
      case 'received':
        return out.raw(message.bytes);
      case 'taken':
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
  /** Bytes of a tunnel are one stream, however a device cuts it into WebSocket messages. */
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
      case IN.taken:
        return { kind: 'taken', bytes: from.u32() };
      case IN.open: {
        const exchange = from.u32();
        const flags = from.u8();
        return {
          kind: 'open',
          exchange,
          mode: MODES[flags & 3] ?? 'http',
          chunked: (flags & FLAG_CHUNKED) !== 0,
          hasBody: (flags & FLAG_BODY) !== 0,
          // It may wait for a stream, and is small: it is not to keep all that came with it.
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

const outCodec: Codec<SessionOutWritten, SessionOut> = {
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
  /** So is a body, however the device cuts it into frames: joined, a caller's socket is written to once. */
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

/** The actor that owns one tunnel. */
export const SESSION: HostedKind<SessionIn, SessionOutWritten, SessionOut, SessionInit> = {
  name: 'tunnel-session',
  in: inCodec,
  out: outCodec,
};
