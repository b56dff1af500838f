// This file starts and stops the load generators that are programs of their own.
import path from 'node:path';
import { root } from '../../test/scripts/root.js';
import { EventProcess } from '../../test/support/event-process.js';
import type { Relay } from '../relay/relay.js';
import type { OpenLoopPrinted, Window } from './percentiles.js';
import type { Moved, Transferred } from './transfer.js';

const program = (name: string) => path.join(root, 'dist/bench/load', `${name}.js`);

/** How long a transfer, or the rest of a load, may take, in ms. */
const LONG_MS = 600_000;

/** A process that makes calls at a fixed rate. */
export class OpenLoop {
  readonly #process: EventProcess<OpenLoopPrinted>;

  /** @param file the calls, as `writeCalls` wrote them @param seconds how long the calls last, unless they are stopped before */
  constructor(relay: Relay, file: string, { rate, seconds }: { rate: number; seconds: number }) {
    const args = [relay.origin, file, String(rate), String(seconds)];
    this.#process = new EventProcess(process.execPath, [program('open-loop'), ...args]);
  }

  /** Resolves with the outcome of all calls, when they are over. */
  async outcome(): Promise<OpenLoopPrinted> {
    try {
      return await this.#process.event(() => true, LONG_MS);
    } finally {
      await this.#process.stop();
    }
  }

  /** Begins no more calls. @param window the time of the calls that percentiles are made of */
  stop(window: Window): Promise<OpenLoopPrinted> {
    this.#process.command(JSON.stringify(window));
    return this.outcome();
  }
}

/** Makes all calls at a fixed rate. @throws if any call failed: the latency of the others is not a figure */
export async function openLoop(
  relay: Relay,
  file: string,
  load: { rate: number; seconds: number },
): Promise<OpenLoopPrinted> {
  const outcome = await new OpenLoop(relay, file, load).outcome();
  const { answered, unanswered, failed } = outcome;
  if (unanswered > 0 || failed.length > 0 || answered === 0) {
    const ends = failed.map(([status, count]) => `${count} with ${status || 'a broken connection'}`);
    throw new Error(
      `${answered} calls answered, ${unanswered} not in time, ${ends.join(', ') || 'none failed'}`,
    );
  }
  return outcome;
}

/** The least bytes that a load of transfers must move. */
const MOVED_BYTES = 2 ** 20;

/** A process that makes transfers, one after the other. */
export class Transfers {
  readonly #process: EventProcess<Transferred | Moved>;

  /** @param file one call, as `writeCalls` wrote it @param upload the bytes of each request's body */
  constructor(relay: Relay, file: string, { upload, times }: { upload: number; times: number }) {
    const args = [relay.origin, file, String(upload), String(times)];
    this.#process = new EventProcess(process.execPath, [program('transfer'), ...args]);
  }

  /** Waits for the next transfer. @throws if it failed */
  async next(): Promise<Transferred> {
    const transferred = await this.#process.event((event) => 'status' in event, LONG_MS);
    if (!('status' in transferred)) throw new Error('it was asked to end');
    return transferred;
  }

  /** Breaks the transfers off. @returns bytes a second since they began @throws if a transfer failed, or hardly anything moved */
  async breakOff(): Promise<number> {
    this.#process.command('stop');
    const event = await this.#process.event((each) => 'moved' in each);
    if (!('moved' in event) || event.moved < MOVED_BYTES) throw new Error('the transfers did not get on');
    return (event.moved / event.ms) * 1000;
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}
