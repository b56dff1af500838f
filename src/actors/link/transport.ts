// A `Transport` carries batches to another thread or process.

/** The surplus of most batches: no buffers, in one list that all of them share. */
export const NO_BUFFERS: readonly ArrayBuffer[] = [];

/** Carries batches to another thread or process, in order. */
export interface Transport {
  /** True: each batch arrives in a buffer of its own, which may carry a batch back. False: in a view of a shared buffer. */
  readonly givesBuffers: boolean;
  /**
   * Sends a batch. True: the buffer behind it was given away; false: it was copied and may be used again. A batch for an end
   * that is gone is lost; the exit of the host reports that.
   * @param batch from the start of a buffer of its own (`unpooled`): Node 22 and later do not give away a part of Node's pool
   * @param surplus empty buffers to give back to the other end with the batch; none if `givesBuffers` is false
   */
  post(batch: Buffer, surplus: readonly ArrayBuffer[]): boolean;
  /** Calls `onBatch` for every batch that arrives, with its surplus; the receiver owns both. Call once. */
  listen(onBatch: (batch: Buffer, surplus: readonly ArrayBuffer[]) => void): void;
  /** Delivers now the batches that have arrived and were not read yet. */
  drain(): void;
  close(): void;
}
