import type { PackReader, PackWriter } from './pack.js';

/**
 * How the messages of one channel are packed into a batch. `Written` and `Read` differ where the writer packs
 * straight from a source (a multiplexer's output) what the reader sees as bytes.
 */
export interface Codec<Written, Read = Written> {
  write(message: Written, out: PackWriter): void;
  /**
   * Joins `message` to the one packed last for the same actor, whose payload begins at `at` and ends where `out` does.
   * False: it is a message of its own. Where the parts of a byte stream arrive one by one, it saves the reader a message
   * each.
   */
  join?(message: Written, out: PackWriter, at: number): boolean;
  /**
   * Byte ranges in the result are views of the batch buffer, which the reader owns: no copy is needed to keep them. Those
   * read with `PackReader.lent` are the handler's only until it returns, be it a promise.
   */
  read(from: PackReader): Read;
}
