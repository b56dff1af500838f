/** Of batches without surplus: most. */
export const NO_BUFFERS: readonly ArrayBuffer[] = [];

/** What carries batches to another thread or process, in order. */
export interface Transport {
  /** Buffers of their own arrive, which may carry batches back. False: views of buffers that others share. */
  readonly givesBuffers: boolean;
  /**
   * Sends a batch. True: the buffer behind it was given away; false: it was copied and may be used again.
   * A batch to an end that is gone is lost, which the exit of the host reports.
   * @param batch from the start of a buffer of its own (`unpooled`): Node 22 and later do not give away a part of Node's pool
   * @param surplus buffers to give away with it; none if `givesBuffers` is false
   */
  post(batch: Buffer, surplus: readonly ArrayBuffer[]): boolean;
  /** Calls `onBatch` for every batch that arrives, with its surplus; the receiver owns both. Call once. */
  listen(onBatch: (batch: Buffer, surplus: readonly ArrayBuffer[]) => void): void;
  /** Delivers now what has arrived and was not read yet. */
  drain(): void;
  close(): void;
}
