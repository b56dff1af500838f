// This file makes steady load: a device that answers every request, and a caller that calls again and again.
import { Agent } from 'node:http';
import { forward } from './internal-client.js';
import type { ProxyProcess } from './proxy-process.js';
import type { ScriptedDevice } from './scripted-device.js';

/** Answers every request of a device with its target, for as long as its tunnel lasts. */
export function serve(device: ScriptedDevice): void {
  const answerNext = async (): Promise<void> => {
    const stream = await device.stream();
    void answerNext();
    const [, target = ''] = (await stream.head()).split(' ');
    await stream.answer(target);
  };
  // A stream that was reset gets no answer.
  void answerNext().catch(() => {});
}

/** Calls a device again and again, one call after the other, and keeps the failures. */
export class Caller {
  calls = 0;
  readonly failures: string[] = [];
  readonly #proxy: ProxyProcess;
  readonly #token: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #stopped: Promise<void>;
  #running = true;
  #waiting: { readonly calls: number; readonly resolve: () => void } | undefined;

  constructor(proxy: ProxyProcess, token: string) {
    this.#proxy = proxy;
    this.#token = token;
    this.#stopped = this.#run();
  }

  /** Resolves after that many further calls. */
  more(calls: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { calls: this.calls + calls, resolve };
    });
  }

  /** Ends after the call that is under way. */
  async stop(): Promise<void> {
    this.#running = false;
    await this.#stopped;
    this.#agent.destroy();
  }

  async #run(): Promise<void> {
    while (this.#running) {
      const target = `/${this.calls}`;
      try {
        const { status, text } = await forward(this.#proxy, this.#token, { target, agent: this.#agent });
        if (status !== 200 || text !== target) this.failures.push(`${status} ${text}`);
      } catch (error) {
        this.failures.push(String(error));
      }
      this.calls += 1;
      if (this.#waiting !== undefined && this.calls >= this.#waiting.calls) this.#waiting.resolve();
    }
  }
}
