import type { PackReader, PackWriter } from './pack.js';

/**
 * How the messages of one channel are packed into a batch. `Written` and `Read` differ where the writer packs
 * straight from a source (a multiplexer's output) what the reader sees as bytes.
 */
export interface Codec<Written, Read = Written> {
  write(message: Written, out: PackWriter): void;
  /** Byte ranges in the result are views of the batch buffer, which the reader owns: no copy is needed to keep them. */
  read(from: PackReader): Read;
}
