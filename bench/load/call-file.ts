// `readRequests` reads the file that tells a load generator its calls.
import { readFileSync } from 'node:fs';

/**
 * Reads the requests of a file that `writeCalls` wrote, as bytes on a connection to `host`.
 * @param bodyLength the bytes of each request's body
 */
export function readRequests(file: string, host: string, bodyLength = 0): readonly string[] {
  const [header = '', lines = ''] = readFileSync(file, 'latin1').split('\n\n');
  return lines
    .trim()
    .split('\n')
    .map((line) => {
      const length = line.startsWith('GET ') ? '' : `Content-Length: ${bodyLength}\r\n`;
      const fields = header.trim().replaceAll('\n', '\r\n');
      return `${line} HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n${length}\r\n`;
    });
}
