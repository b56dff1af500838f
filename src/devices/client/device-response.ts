// `DeviceResponse` is a device's answer to a call of the product, as the code that made the call reads it.
import type { ResponseHead } from '../../contract/call.js';
import type { RawHeaders } from '../../http1/contract.js';
import { equalsIgnoringCase } from '../../http1/headers.js';
import { DeviceCallError } from './errors.js';

/**
 * An answer whose head has come. Its body is read once: by a loop over `body`, or by {@link bytes}. A body that is not read
 * holds the device back and counts for the user's unread bytes (docs/adr/0028), so a caller that does not want the body
 * calls {@link discard}.
 */
export class DeviceResponse {
  readonly status: number;
  /** End-to-end headers: name, value, name, value … */
  readonly headers: RawHeaders;
  /** Milliseconds from the request to this head. */
  readonly headMs: number;
  /** The body's chunks. Leaving the loop early resets the call; the loop throws the error with which the call fails. */
  readonly body: AsyncIterable<Uint8Array>;
  readonly #discard: () => void;

  constructor(head: ResponseHead, headMs: number, body: AsyncIterable<Uint8Array>, discard: () => void) {
    this.status = head.status;
    this.headers = head.headers;
    this.headMs = headMs;
    this.body = body;
    this.#discard = discard;
  }

  /** Whether the device did what it was asked: 2xx. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The first header of that name, which is given in lower case. Undefined: there is none. */
  header(name: string): string | undefined {
    const { headers } = this;
    for (let i = 0; i + 1 < headers.length; i += 2) {
      if (equalsIgnoringCase(headers[i] as string, name)) return headers[i + 1];
    }
    return undefined;
  }

  /** The whole body. @throws DeviceCallError `bad-device-response`: it is longer than `max` bytes; any error of the call */
  async bytes(max: number): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of this.body) {
      length += chunk.length;
      if (length > max) {
        throw new DeviceCallError('bad-device-response', {
          detail: `the device's answer is longer than ${max} bytes`,
        });
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, length);
  }

  /** Gives up the rest of the body. */
  discard(): void {
    this.#discard();
  }
}
