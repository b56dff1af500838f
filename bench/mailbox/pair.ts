// A `Pair` is two threads that send each other messages.
import { MessageChannel, Worker } from 'node:worker_threads';
import { openEnd } from './ends.js';

/** The result of one round: the number of messages, and their cost. */
export interface Round {
  /** Messages a second, counted in both directions. */
  readonly perSecond: number;
  /** The CPU time of both threads for each message, in microseconds. */
  readonly cpuPerMessage: number;
}

/** Two threads that send each other messages: this one, and one that sends each message back. */
export class Pair {
  readonly subject: string;
  readonly #worker: Worker;
  readonly #send: (message: Uint8Array) => void;
  readonly #close: () => void;
  #received: () => void = () => {};

  constructor(subject: string) {
    const open = openEnd[subject];
    if (open === undefined) throw new Error(`no mailbox ${subject}`);
    const { port1, port2 } = new MessageChannel();
    this.subject = subject;
    this.#close = () => port1.close();
    this.#send = open(port1, () => this.#received());
    this.#worker = new Worker(new URL('./echo.js', import.meta.url), {
      workerData: { port: port2, subject },
      transferList: [port2],
    });
  }

  /** Keeps `inFlight` messages under way for `ms`, then waits for the remaining ones. */
  round(message: Uint8Array, inFlight: number, ms: number): Promise<Round> {
    return new Promise((resolve, reject) => {
      let answers = 0;
      let out = inFlight;
      let isOver = false;
      this.#worker.once('error', reject);
      const start = performance.now();
      const cpu = process.cpuUsage();
      setTimeout(() => {
        isOver = true;
      }, ms);
      this.#received = () => {
        answers += 1;
        if (!isOver) {
          this.#send(message);
          return;
        }
        out -= 1;
        if (out > 0) return;
        this.#worker.off('error', reject);
        resolve(roundOf(answers * 2, performance.now() - start, process.cpuUsage(cpu)));
      };
      for (let i = 0; i < inFlight; i++) this.#send(message);
    });
  }

  async stop(): Promise<void> {
    this.#close();
    await this.#worker.terminate();
  }
}

function roundOf(messages: number, ms: number, { user, system }: NodeJS.CpuUsage): Round {
  return { perSecond: (messages * 1000) / ms, cpuPerMessage: (user + system) / messages };
}
