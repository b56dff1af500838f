import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { COPY_BYTES } from '../limits.js';
import type { Transport } from './transport.js';

/** Batches over a MessagePort: small ones copied, larger ones transferred. */
export class PortTransport implements Transport {
  readonly givesBuffers = true;
  readonly #port: MessagePort;
  #onBatch: ((batch: Buffer) => void) | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  post(batch: Buffer): boolean {
    if (batch.length > COPY_BYTES) {
      this.#port.postMessage(batch, [batch.buffer as ArrayBuffer]);
      return true;
    }
    // A view is cloned with all of the buffer behind it: clone one of the right size.
    this.#port.postMessage(Uint8Array.prototype.slice.call(batch));
    return false;
  }

  listen(onBatch: (batch: Buffer) => void): void {
    this.#onBatch = onBatch;
    this.#port.on('message', (batch: Uint8Array) => onBatch(asBuffer(batch)));
  }

  drain(): void {
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
      this.#onBatch?.(asBuffer(next.message));
    }
  }

  close(): void {
    this.#port.close();
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
