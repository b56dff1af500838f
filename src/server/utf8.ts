/**
 * Text as uWebSockets.js has to get it wherever it may be more than ASCII: builds for Node 22 and later write a string as Latin-1 when
 * no character of it is above U+00FF.
 */
export function utf8(text: string): Buffer {
  return Buffer.from(text);
}
