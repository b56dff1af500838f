// `Bystander` is a device that is called while others come.
import { setTimeout as delay } from 'node:timers/promises';
import { OpenLoop } from '../load/generators.js';
import type { GoDevice } from '../peers/go-device.js';
import { type Relay, writeCalls } from '../relay/relay.js';
import { startConnected } from '../relay/stand.js';

/** Calls a second. */
const RATE = 100;
/** Longer than any storm: they are stopped when it is over. */
const SECONDS = 600;
/** Until calls run and the first ones, which are not counted, are over, in ms. */
const BEFORE_MS = 1000;

/** The outcome of a device's calls during a storm. */
export interface Seen {
  /** Whether its own connection ended meanwhile. */
  readonly fell: boolean;
  readonly failed: number;
  readonly p99: number;
}

/** A device that is connected already, and is called while others come. */
export class Bystander {
  readonly #relay: Relay;
  readonly #place: number;
  readonly #device: GoDevice;

  /** @param place of the device among the relay's @param device the process that runs it, and no other */
  constructor(relay: Relay, place: number, device: GoDevice | undefined) {
    if (device === undefined) throw new Error('the relay has no devices');
    this.#relay = relay;
    this.#place = place;
    this.#device = device;
  }

  static async connect(relay: Relay, place: number): Promise<Bystander> {
    return new Bystander(relay, place, await startConnected(relay, place, place + 1));
  }

  /** Calls it at a fixed rate until that is ended; latency is of the calls due between two times of `performance.now()`. */
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
        // JSON has no NaN: the latency of no calls is left out.
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
