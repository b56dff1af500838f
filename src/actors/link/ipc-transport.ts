// `IpcTransport` carries batches between a process and its child.
import { NO_BUFFERS, type Transport } from './transport.js';

/** The IPC channel of `fork`, from either end: a ChildProcess, or `process` in the child. */
export interface IpcChannel {
  readonly connected: boolean;
  send?(message: unknown, handle: undefined, options: undefined, done: () => void): boolean;
  on(event: 'message', listener: (message: Uint8Array) => void): unknown;
  disconnect?(): void;
}

/**
 * Batches over an IPC channel with `serialization: 'advanced'`. They are copied into the channel's own format before
 * `send` returns.
 */
export class IpcTransport implements Transport {
  readonly givesBuffers = false;
  readonly #channel: IpcChannel;
  #unwritten = 0;
  #onFlushed: (() => void) | undefined;
  readonly #written = () => {
    // An error means that the other end is gone, which its exit reports.
    this.#unwritten -= 1;
    if (this.#unwritten === 0) this.#onFlushed?.();
  };

  constructor(channel: IpcChannel) {
    this.#channel = channel;
  }

  post(batch: Buffer): boolean {
    if (!this.#channel.connected) return false;
    this.#unwritten += 1;
    this.#channel.send?.(batch, undefined, undefined, this.#written);
    return false;
  }

  listen(onBatch: (batch: Buffer, surplus: readonly ArrayBuffer[]) => void): void {
    this.#channel.on('message', (batch) => {
      onBatch(Buffer.from(batch.buffer, batch.byteOffset, batch.byteLength), NO_BUFFERS);
    });
  }

  /** Does nothing: the channel closes only when all that was sent has been read. */
  drain(): void {}

  /** Resolves when the operating system has all that was posted. */
  flushed(): Promise<void> {
    if (this.#unwritten === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onFlushed = resolve;
    });
  }

  close(): void {
    if (this.#channel.connected) this.#channel.disconnect?.();
  }
}
