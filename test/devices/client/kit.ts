// This file is the kit of the device client's tests: it shows each behaviour over each forwarder, and checks that no call leaks.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { type CalledDevice, DeviceClient } from '../../../src/devices/client/device-client.js';
import { DeviceCallError } from '../../../src/devices/client/errors.js';
import type { DeviceId, UserId } from '../../../src/store/ports/ids.js';
import { type ForwarderUnderTest, HttpDevice, IMPLEMENTATIONS } from '../../tunnel/forward/http-device.js';

/** One mebibyte, in bytes. */
export const MIB = 1024 * 1024;

/** The context of each call of a test. */
export const WITH = { requestId: 'request-1' } as const;

/** The parts that a behaviour is shown with: a device of its own, and the client that reaches it. */
export interface ClientUnderTest extends ForwarderUnderTest {
  readonly client: DeviceClient;
  readonly camera: CalledDevice;
}

/** A device that is not connected. */
export const NOWHERE: CalledDevice = { deviceId: 'nowhere' as DeviceId, userId: 'user' as UserId };

type Show = (under: ClientUnderTest) => Promise<void>;

const behaviours: { readonly what: string; readonly show: Show }[] = [];

/** Declares a behaviour of the client; {@link showOverEachForwarder} shows it. */
export function behaviour(what: string, show: Show): void {
  behaviours.push({ what, show });
}

/** Shows every behaviour of the test file. After each one, no call may have left anything unread. */
export function showOverEachForwarder(): void {
  for (const [name, open] of IMPLEMENTATIONS) {
    describe(`DeviceClient over ${name}`, () => {
      let shared: ForwarderUnderTest;
      before(async () => {
        shared = await open();
      });
      after(() => shared.close());
      for (const [i, { what, show }] of behaviours.entries()) {
        test(what, async () => {
          const camera = { deviceId: `camera-${i}` as DeviceId, userId: 'user' as UserId };
          const device = await new HttpDevice().connect(shared.fixture, camera.deviceId);
          try {
            await show({ ...shared, device, camera, client: new DeviceClient(shared.forwarder) });
            assert.equal(shared.unread.unreadBytes, 0, 'bytes count as unread that nobody will read');
          } finally {
            await device.close();
          }
        });
      }
    });
  }
}

/** An abort signal whose listeners a test can count. */
export class Watched {
  readonly controller = new AbortController();
  readonly reason = new Error('the caller had enough');

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** The number of listeners on the signal. */
  get listeners(): number {
    return getEventListeners(this.signal, 'abort').length;
  }

  abort(): void {
    this.controller.abort(this.reason);
  }
}

/** Makes a check for the error of a call, by its code. */
export function failsWith(code: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof DeviceCallError, String(error));
    assert.equal(error.problem, code);
    return true;
  };
}

/** Makes a check for exactly this error. */
export function is(expected: unknown): (error: unknown) => true {
  return (error) => {
    assert.equal(error, expected);
    return true;
  };
}

/** Reads the body of a request as the device got it. */
export async function received(req: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of req) parts.push(part);
  return Buffer.concat(parts);
}

/** Resolves when the device's stream of a request is closed, by reset or not. */
export function closed({ socket }: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

type NextChunk = (index: number) => Promise<Uint8Array | undefined> | Uint8Array | undefined;

/** A source of a request's body, which counts how much of it was read. */
export class Source implements AsyncIterable<Uint8Array> {
  /** The number of chunks that were read from the source. */
  pulled = 0;
  isClosed = false;
  readonly #next: NextChunk;

  /** @param next gives each chunk; undefined: the end */
  constructor(next: NextChunk) {
    this.#next = next;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = await this.#next(this.pulled);
        if (chunk === undefined) return;
        this.pulled += 1;
        yield chunk;
      }
    } finally {
      this.isClosed = true;
    }
  }
}
