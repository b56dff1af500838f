// `StalledReaders` are callers that stop reading their answers.
import { connect, type Socket } from 'node:net';
import type { Relay } from '../relay/relay.js';
import { readRequests } from './call-file.js';

/** Calls whose answers are read up to their first piece, and no further. */
export class StalledReaders {
  readonly #sockets: Socket[] = [];
  #begun = 0;
  #ended: string | undefined;

  /** @param file one call whose answer lasts, as `writeCalls` wrote it */
  constructor(relay: Relay, file: string, readers: number) {
    const { hostname, port, host } = new URL(relay.origin);
    const [request = ''] = readRequests(file, host);
    for (let i = 0; i < readers; i += 1) {
      const socket = connect(Number(port), hostname);
      socket.write(request, 'latin1');
      socket.once('data', (piece: Buffer) => {
        socket.pause();
        if (piece.toString('latin1', 0, 12) === 'HTTP/1.1 200') this.#begun += 1;
      });
      socket.on('error', (error) => {
        this.#ended = error.message;
      });
      this.#sockets.push(socket);
    }
  }

  /** Ends the calls. @throws if one of them had no answer, or lost it */
  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    const missing = this.#sockets.length - this.#begun;
    const why = this.#ended ?? (missing > 0 ? `${missing} had no answer` : undefined);
    if (why !== undefined) throw new Error(`readers that stall: ${why}`);
  }
}
