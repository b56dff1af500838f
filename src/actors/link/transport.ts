/** What carries batches to another thread or process, in order. */
export interface Transport {
  /** Buffers of their own arrive, which may carry batches back. False: views of buffers that others share. */
  readonly givesBuffers: boolean;
  /**
   * Sends a batch. True: the buffer behind it was given away; false: it was copied and may be used again.
   * A batch to an end that is gone is lost, which the exit of the host reports.
   */
  post(batch: Buffer): boolean;
  /** Calls `onBatch` for every batch that arrives; the receiver owns it. Call once. */
  listen(onBatch: (batch: Buffer) => void): void;
  /** Delivers now what has arrived and was not read yet. */
  drain(): void;
  close(): void;
}
