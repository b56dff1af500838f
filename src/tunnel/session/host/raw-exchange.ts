import { type ForwardFailureCode, UPLOAD_CREDIT } from '../../../contract/call.js';
import type { MuxStream, StreamHandler } from '../../yamux/contract.js';
import type { YamuxError } from '../../yamux/errors.js';
import type { ExchangeId } from '../wire/messages.js';
import type { ExchangePort, StreamExchange } from './stream-exchange.js';
import { tunnelFailure } from './tunnel-failure.js';

const CREDIT_STEP = UPLOAD_CREDIT / 4;

/** A raw two-way byte stream to the device (`Handle.openStream`): body bytes go out, data bytes come in. */
export class RawExchange implements StreamExchange, StreamHandler {
  /** It may wait that long for its stream; then it lives as long as both ends like. */
  deadline: number;
  readonly #id: ExchangeId;
  readonly #port: ExchangePort;
  readonly #queue: Uint8Array[] = [];
  #stream: MuxStream | undefined;
  #earned = 0;
  #reached = false;
  #localDone = false;
  #remoteDone = false;
  #over = false;

  constructor(port: ExchangePort, id: ExchangeId, openTimeoutMs: number) {
    this.#port = port;
    this.#id = id;
    this.deadline = port.now() + openTimeoutMs;
  }

  start(): void {
    const stream = this.#port.mux.open(this);
    if (stream === undefined) return this.fail('stream-refused', 'the tunnel accepts no more streams');
    this.#stream = stream;
    this.deadline = Number.POSITIVE_INFINITY;
    for (const bytes of this.#queue) stream.write(bytes);
    this.#queue.length = 0;
    if (this.#localDone) stream.end();
  }

  body(bytes: Uint8Array, last: boolean): void {
    if (this.#over) return;
    if (bytes.length > 0) {
      if (this.#stream === undefined) this.#queue.push(bytes);
      else this.#stream.write(bytes);
    }
    if (!last) return;
    this.#localDone = true;
    this.#stream?.end();
    this.#finishIfDone();
  }

  consumed(bytes: number): void {
    this.#stream?.consumed(bytes);
  }

  abort(): void {
    this.#finish();
    this.#stream?.reset();
  }

  fail(code: ForwardFailureCode, detail: string): void {
    if (this.#over) return;
    this.#port.emit({ kind: 'fail', exchange: this.#id, code, reached: this.#reached, detail });
    this.abort();
  }

  encoded(chunk: Uint8Array): void {
    this.#port.release(chunk);
  }

  sent(_stream: MuxStream, bytes: number): void {
    this.#reached = true;
    this.#earned += bytes;
    if (this.#over || this.#localDone || this.#earned < CREDIT_STEP) return;
    this.#port.emit({ kind: 'credit', exchange: this.#id, bytes: this.#earned });
    this.#earned = 0;
  }

  data(_stream: MuxStream, chunk: Uint8Array): void {
    if (!this.#over) this.#port.emit({ kind: 'data', exchange: this.#id, bytes: chunk });
  }

  end(): void {
    if (this.#over) return;
    this.#remoteDone = true;
    this.#port.emit({ kind: 'end', exchange: this.#id });
    this.#finishIfDone();
  }

  reset(_stream: MuxStream, error: YamuxError): void {
    this.#stream = undefined;
    this.fail(tunnelFailure(error, this.#reached), error.message);
  }

  drain(): void {
    // Upload credit bounds what waits in the stream: nobody was told to stop.
  }

  #finishIfDone(): void {
    if (this.#localDone && this.#remoteDone) this.#finish();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#queue.length = 0;
    this.#port.finished(this.#id);
  }
}
