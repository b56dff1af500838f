// RestListener is the listener of the REST API: its port, the routes that it serves, and its drain.
import type { TemplatedApp } from 'uWebSockets.js';
import type { Address } from '../../net/address.js';
import type { BridgedSockets } from '../../server/bridged-sockets.js';
import type { CallRecorder } from '../../server/call-recorder.js';
import { type Listener, listen } from '../../server/listener.js';
import type { Readiness } from '../../server/readiness.js';
import uWS from '../../server/uws.js';
import type { AttemptPort } from '../../store/ports/attempts.js';
import type { Changes } from '../../store/ports/changes.js';
import type { PairingPort } from '../../store/ports/pairing.js';
import type { Router } from '../router.js';
import type { RestNeeds } from './routes.js';

/** The part of the store that the REST API uses. */
export type RestStore = RestNeeds['store'] &
  AttemptPort &
  PairingPort & {
    onChanges(listener: (changes: Changes) => void): () => void;
  };

/** The parts of a process that the listener needs. */
export interface RestListenerOptions {
  readonly address: Address;
  readonly sockets: BridgedSockets;
  readonly calls: Pick<CallRecorder, 'idle'>;
  /** The readiness of the process: a drain makes the process unready. */
  readonly readiness: Pick<Readiness, 'drain'>;
}

/** The listener of the REST API, on the main thread (ADR 9). */
export class RestListener {
  readonly #options: RestListenerOptions;
  readonly #app: TemplatedApp = uWS.App();
  #listener: Listener | undefined;

  constructor(options: RestListenerOptions) {
    this.#options = options;
  }

  /** Opens the port. The routes have to be added before the loop turns, see {@link RestListener.serve}. @throws ListenError */
  async start(): Promise<void> {
    this.#listener = await listen(this.#app, this.#options.address);
  }

  /** The port in use, even if 0 was configured; 0 before the start. */
  get port(): number {
    return this.#listener?.port ?? 0;
  }

  /**
   * Adds the routes. They are added after the start because they contain the public URL, which may have the bound port in it; no
   * request can have come in meanwhile, as the loop has not turned.
   */
  serve(router: Router): void {
    router.register(this.#app);
  }

  /**
   * Makes the process unready first; closes WebSockets with 1001; lets calls under way finish, but for no longer than `graceMs`;
   * then closes everything.
   * @returns how many calls and WebSockets were cut
   */
  async drain(graceMs: number): Promise<number> {
    const { readiness, sockets, calls } = this.#options;
    readiness.drain();
    sockets.drain();
    const cut = await calls.idle(graceMs);
    this.close();
    return cut;
  }

  /**
   * Closes the listener and every connection, at once. A drain has done so already, when callers are cut before the tunnels under
   * them are closed; closing again does nothing.
   */
  close(): void {
    this.#listener?.close();
  }
}
