// A raw exchange is a two-way byte stream to the device, as `Handle.openStream` gives it.
import type { MuxStream } from '../../yamux/contract.js';
import type { ExchangeId } from '../wire/session-in.js';
import { BodyExchange } from './body-exchange.js';
import type { ExchangePort } from './stream-exchange.js';

/**
 * Sends body bytes and receives data bytes. Once its stream is open, the exchange lives as long as both ends keep the
 * stream.
 */
export class RawExchange extends BodyExchange {
  /** True if the device has half-closed the stream. */
  #remoteDone = false;

  constructor(port: ExchangePort, id: ExchangeId, openTimeoutMs: number) {
    super(port, id, [], false, openTimeoutMs);
  }

  override start(): void {
    super.start();
    if (this.stream === undefined) return;
    this.deadline = Number.POSITIVE_INFINITY;
    if (this.requestDone) this.stream.end();
  }

  body(bytes: Uint8Array, last: boolean): void {
    if (this.over) return;
    this.uncredited += bytes.length;
    if (bytes.length > 0) this.write(bytes);
    if (!last) return;
    this.requestDone = true;
    this.stream?.end();
    this.#finishIfDone();
  }

  sent(_stream: MuxStream, bytes: number): void {
    this.reached = true;
    if (!this.over && !this.requestDone) this.earn(bytes);
  }

  data(_stream: MuxStream, chunk: Uint8Array): void {
    if (!this.over) this.port.emit({ kind: 'data', exchange: this.id, bytes: chunk });
  }

  end(): void {
    if (this.over) return;
    this.#remoteDone = true;
    this.port.emit({ kind: 'end', exchange: this.id });
    this.#finishIfDone();
  }

  #finishIfDone(): void {
    if (this.requestDone && this.#remoteDone) this.finish();
  }
}
