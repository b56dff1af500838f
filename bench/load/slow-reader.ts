// `SlowReader` is a caller that reads its answer far more slowly than the answer comes.
import { connect, type Socket } from 'node:net';
import type { Relay } from '../relay/relay.js';
import { readRequests } from './call-file.js';

/** The pause after each piece of at most 64 KiB, in ms: the reader takes about a megabyte a second. */
const PAUSE_MS = 50;

/** Makes one call, and reads its answer far more slowly than the answer comes, until it is stopped. */
export class SlowReader {
  readonly #socket: Socket;
  #bytes = 0;
  #ended: string | undefined;

  /** @param file one call whose answer lasts, as `writeCalls` wrote it */
  constructor(relay: Relay, file: string) {
    const { hostname, port, host } = new URL(relay.origin);
    const [request = ''] = readRequests(file, host);
    this.#socket = connect(Number(port), hostname);
    this.#socket.write(request, 'latin1');
    this.#socket.on('data', (piece: Buffer) => {
      this.#bytes += piece.length;
      this.#socket.pause();
      setTimeout(() => this.#socket.resume(), PAUSE_MS);
    });
    this.#socket.on('error', (error) => {
      this.#ended = error.message;
    });
    this.#socket.on('end', () => {
      this.#ended = 'the answer ended';
    });
  }

  /** Ends the call. @throws if it did not read all the while */
  stop(): void {
    this.#socket.destroy();
    const why = this.#ended ?? (this.#bytes === 0 ? 'nothing came' : undefined);
    if (why !== undefined) throw new Error(`a slow reader: ${why}`);
  }
}
