// This file writes the chunked transfer coding of a request body (RFC 9112 §7.1): chunkHead(n), n bytes, CRLF for each chunk, then LAST_CHUNK.

export const CRLF: Uint8Array = Buffer.from('\r\n');

/** The last chunk, without trailers. */
export const LAST_CHUNK: Uint8Array = Buffer.from('0\r\n\r\n');

/**
 * The line before a chunk of `bytes` bytes.
 * @throws RangeError if `bytes` is 0, which would end the body, or no safe positive integer
 */
export function chunkHead(bytes: number): Uint8Array {
  if (!Number.isSafeInteger(bytes) || bytes <= 0) throw new RangeError(`chunk of ${bytes} bytes`);
  return Buffer.from(`${bytes.toString(16)}\r\n`, 'latin1');
}
