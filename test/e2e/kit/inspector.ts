// Inspector runs code in the threads of a process from outside, by Node's inspector protocol.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Program } from './program.js';

/** The environment of a program that an {@link Inspector} can attach to. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

/** The fields of the inspector's messages that this file reads. */
interface Notice {
  readonly method?: string;
  readonly params?: { readonly sessionId?: string; readonly workerInfo?: { readonly title: string } };
}

/** Runs code in the threads of a process from outside, to cause faults: the session hosts are its worker threads. */
export class Inspector {
  readonly #socket: WebSocket;
  /** The inspector's sessions of the living workers, each with the number that its thread got at its start. */
  readonly #workers = new Map<string, number>();
  #lastId = 0;
  /** The number of workers that have answered the last `run`, or ended by it. */
  #answers = 0;
  #lost = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Attaches to a program that has started, and to each of its `hosts` session hosts. */
  static async attach(program: Program, hosts: number): Promise<Inspector> {
    // The process itself opens its inspector first; its child processes do so later.
    const [url] = /ws:\/\/127\.0\.0\.1:\d+\/[-\w]+/.exec(program.errors) ?? [];
    if (url === undefined) throw new Error('the process was not started as INSPECTED');
    const inspector = new Inspector(new WebSocket(url));
    await once(inspector.#socket, 'open');
    inspector.#socket.on('message', (text: Buffer) => inspector.#heard(JSON.parse(String(text)) as Notice));
    inspector.#send('NodeWorker.enable', { waitForDebuggerOnStart: false });
    await inspector.attached(hosts);
    return inspector;
  }

  /** Resolves when that many session hosts exist, including those that replaced others. */
  async attached(hosts: number): Promise<void> {
    while (this.#workers.size < hosts) await once(this.#socket, 'message');
  }

  /** Resolves when that many session hosts have ended since the start; those are no longer attached. */
  async lost(hosts: number): Promise<void> {
    while (this.#lost < hosts) await once(this.#socket, 'message');
  }

  /**
   * Runs statements in the oldest `hosts` threads, each in a turn of its own; resolves just before they run. Session hosts are
   * started first; a development provider's thread comes after them.
   */
  async run(statements: string, hosts: number): Promise<void> {
    const expression = `setImmediate(() => { ${statements} }); 0`;
    const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
    this.#answers = 0;
    const oldest = [...this.#workers].sort(([, a], [, b]) => a - b).slice(0, hosts);
    for (const [sessionId] of oldest) {
      this.#send('NodeWorker.sendMessageToWorker', { sessionId, message });
    }
    while (this.#answers < hosts) await once(this.#socket, 'message');
  }

  /** Detaches. A process that is ending waits for this before it exits. */
  async detach(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }

  #heard({ method, params }: Notice): void {
    if (params?.sessionId === undefined) return;
    const { sessionId, workerInfo } = params;
    if (workerInfo !== undefined) this.#workers.set(sessionId, threadOf(workerInfo.title));
    else if (method === 'NodeWorker.receivedMessageFromWorker') this.#answers += 1;
    else if (method === 'NodeWorker.detachedFromWorker') {
      this.#workers.delete(sessionId);
      this.#lost += 1;
      this.#answers += 1;
    }
  }

  #send(method: string, params: object): void {
    this.#lastId += 1;
    this.#socket.send(JSON.stringify({ id: this.#lastId, method, params }));
  }
}

/** The number of a thread, which Node puts in the thread's title: `[worker 2]`. */
function threadOf(title: string): number {
  return Number(/\d+/.exec(title)?.[0]);
}
