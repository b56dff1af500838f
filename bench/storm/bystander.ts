// `Bystander` is a connected device that is called while other devices dial.
import { setTimeout as delay } from 'node:timers/promises';
import { OpenLoop } from '../load/generators.js';
import type { GoDevice } from '../peers/go-device.js';
import { type Relay, writeCalls } from '../relay/relay.js';
import { startConnected } from '../relay/stand.js';

/** The number of calls a second. */
const RATE = 100;
/** How long the calls may last, in seconds: longer than any storm, at whose end they are stopped. */
const SECONDS = 600;
/** How long it takes until calls run and the first, uncounted ones are over, in ms. */
const BEFORE_MS = 1000;

/** The outcome of a device's calls during a storm. */
export interface Seen {
  /** Whether the device's own connection ended during the storm. */
  readonly fell: boolean;
  readonly failed: number;
  readonly p99: number;
}

/** A device that is connected already, and is called while other devices dial. */
export class Bystander {
  readonly #relay: Relay;
  readonly #place: number;
  readonly #device: GoDevice;

  /** @param place the device's index among the relay's devices @param device the process that runs this device and no other */
  constructor(relay: Relay, place: number, device: GoDevice | undefined) {
    if (device === undefined) throw new Error('the relay has no devices');
    this.#relay = relay;
    this.#place = place;
    this.#device = device;
  }

  static async connect(relay: Relay, place: number): Promise<Bystander> {
    return new Bystander(relay, place, await startConnected(relay, place, place + 1));
  }

  /**
   * Calls the device at a fixed rate until `end`. The latency is of the calls that were due between two times of
   * `performance.now()`.
   */
  async call(): Promise<{ end(from: number, until: number): Promise<Seen> }> {
    const file = await writeCalls(this.#relay, { method: 'GET', target: '/hello', first: this.#place });
    const calls = new OpenLoop(this.#relay, file, { rate: RATE, seconds: SECONDS });
    await delay(BEFORE_MS);
    return {
      end: async (from, until) => {
        const { unanswered, failed, p99 } = await calls.stop({
          from: performance.timeOrigin + from,
          until: performance.timeOrigin + until,
        });
        // JSON has no NaN: if no call was answered, the latency is missing.
        if (!Number.isFinite(p99))
          throw new Error('a device that is connected answered no call that was due');
        const fell = await this.#device.next('disconnected', 1).then(
          () => true,
          () => false,
        );
        return { fell, p99, failed: failed.reduce((sum, [, count]) => sum + count, unanswered) };
      },
    };
  }

  stop(): Promise<void> {
    return this.#device.stop();
  }
}
