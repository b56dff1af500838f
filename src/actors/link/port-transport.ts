// `PortTransport` carries batches between two threads.
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { COPY_BYTES } from '../limits.js';
import { NO_BUFFERS, type Transport } from './transport.js';

/** A posted message: a batch alone, which costs less, or a batch with surplus buffers. */
type Posted = Uint8Array | { readonly batch: Uint8Array; readonly surplus: readonly ArrayBuffer[] };

/** Batches over a MessagePort: small ones copied, larger ones transferred. */
export class PortTransport implements Transport {
  readonly givesBuffers = true;
  readonly #port: MessagePort;
  #onBatch: ((batch: Buffer, surplus: readonly ArrayBuffer[]) => void) | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  post(batch: Buffer, surplus: readonly ArrayBuffer[]): boolean {
    const isGiven = batch.length > COPY_BYTES;
    // Cloning a view clones the whole buffer behind it, so the batch is first copied into a buffer of the right size.
    const bytes = isGiven ? batch : Uint8Array.prototype.slice.call(batch);
    const buffer = batch.buffer as ArrayBuffer;
    if (surplus.length > 0)
      this.#port.postMessage({ batch: bytes, surplus }, isGiven ? [buffer, ...surplus] : surplus);
    else if (isGiven) this.#port.postMessage(bytes, [buffer]);
    else this.#port.postMessage(bytes);
    return isGiven;
  }

  listen(onBatch: (batch: Buffer, surplus: readonly ArrayBuffer[]) => void): void {
    this.#onBatch = onBatch;
    this.#port.on('message', (posted: Posted) => this.#arrived(posted));
  }

  drain(): void {
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
      this.#arrived(next.message);
    }
  }

  close(): void {
    this.#port.close();
  }

  #arrived(posted: Posted): void {
    if (posted instanceof Uint8Array) this.#onBatch?.(asBuffer(posted), NO_BUFFERS);
    else this.#onBatch?.(asBuffer(posted.batch), posted.surplus);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
