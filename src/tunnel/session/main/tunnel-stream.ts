// `openTunnelStream` makes a Node stream of a raw exchange, for `Handle.openStream`.
import { Duplex } from 'node:stream';
import { type ForwardFailureCode, UPLOAD_CREDIT } from '../../../contract/call.js';
import type { TunnelStream } from '../../../contract/session.js';
import {
  SessionClosedError,
  StreamRefusedError,
  StreamResetError,
} from '../../../contract/session-errors.js';
import type { ExchangeId } from '../wire/session-in.js';
import type { ExchangeEvent, ExchangeHost, ExchangeListener } from './exchange-listener.js';

const NOTHING = new Uint8Array(0);

/** Opens a raw stream to the device of `session`. Aborting `signal` resets it. */
export async function openTunnelStream(
  session: ExchangeHost,
  signal: AbortSignal | undefined,
): Promise<TunnelStream> {
  signal?.throwIfAborted();
  if (session.busy) throw new StreamRefusedError('too many streams are open on this device');
  const stream = new RawStream(session);
  const abort = (): unknown => stream.destroy(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  stream.once('close', () => signal?.removeEventListener('abort', abort));
  return stream;
}

/** The error of `Handle.openStream`, or of its stream, for a failure of the exchange. */
function streamError(code: ForwardFailureCode, detail: string): Error {
  if (code === 'stream-refused' || code === 'draining') return new StreamRefusedError(detail);
  if (code.startsWith('tunnel-lost')) return new SessionClosedError();
  return new StreamResetError(detail);
}

/**
 * The Node stream: it pushes data from the device to its reader, and waits for upload credit before each write to the
 * device.
 */
class RawStream extends Duplex implements ExchangeListener {
  beganAt = 0;
  readonly #session: ExchangeHost;
  readonly #id: ExchangeId;
  /** Bytes that may still be sent to the device. */
  #credit = UPLOAD_CREDIT;
  /** The write that waits for credit. */
  #blocked: { chunk: Buffer; done: (error?: Error | null) => void } | undefined;
  /** Bytes pushed to the reader since it last asked for more. */
  #unread = 0;
  #over = false;

  constructor(session: ExchangeHost) {
    super({ allowHalfOpen: true, readableHighWaterMark: 0 });
    // The end of a tunnel is ordinary, so a stream without an `error` listener must not end the process; `errored` has the
    // error.
    this.on('error', () => {});
    this.#session = session;
    this.#id = session.listen(this);
    session.send({
      kind: 'open',
      exchange: this.#id,
      mode: 'raw',
      chunked: false,
      hasBody: true,
      head: NOTHING,
    });
  }

  exchangeEvent(event: ExchangeEvent): void {
    switch (event.kind) {
      case 'data':
        this.#unread += event.bytes.length;
        this.push(Buffer.from(event.bytes));
        return;
      case 'end':
        this.push(null);
        return;
      case 'credit':
        this.#credit += event.bytes;
        return this.#writeBlocked();
      case 'fail':
        this.#over = true;
        this.#session.forget(this.#id);
        this.destroy(streamError(event.code, event.detail));
    }
  }

  sessionLost(): void {
    this.#over = true;
    this.destroy(new SessionClosedError());
  }

  override _read(): void {
    if (this.#unread === 0) return;
    this.#session.send({ kind: 'consumed', exchange: this.#id, bytes: this.#unread });
    this.#unread = 0;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#blocked = { chunk, done };
    this.#writeBlocked();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#session.sendBody(this.#id, NOTHING, true);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#over) {
      this.#over = true;
      this.#session.send({ kind: 'abort', exchange: this.#id });
      this.#session.forget(this.#id);
    }
    done(error);
  }

  #writeBlocked(): void {
    while (this.#blocked !== undefined && this.#credit > 0) {
      const { chunk, done } = this.#blocked;
      const part = chunk.subarray(0, this.#credit);
      this.#credit -= part.length;
      this.#session.sendBody(this.#id, part, false);
      this.#blocked = part.length < chunk.length ? { chunk: chunk.subarray(part.length), done } : undefined;
      if (this.#blocked === undefined) done();
    }
  }
}
