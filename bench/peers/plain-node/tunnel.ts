// `Tunnel` is a device's tunnel through yamux-js.
import type { WebSocket } from 'ws';
import { Server } from 'yamux-js';

const HEADER_BYTES = 12;
const TYPE_DATA = 0;

type Stream = ReturnType<Server['open']>;

/** One device's tunnel through yamux-js, which works around the library's bugs as far as it can from outside. */
export class Tunnel {
  readonly #session: Server;
  #held: Buffer = Buffer.alloc(0);

  constructor(socket: WebSocket) {
    this.#session = new Server((stream) => stream.destroy(), { logger: () => {}, enableKeepAlive: false });
    this.#session.on('data', (frame: Buffer) => socket.send(frame));
    this.#session.on('error', () => socket.terminate());
    socket.on('message', (data: Buffer) => this.#receive(data));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => this.#session.close());
  }

  open(): Stream {
    const stream = this.#session.open();
    // yamux-js also reports reads larger than its window, which do not happen here.
    stream.on('error', () => this.#session.closeStream(stream.ID()));
    return stream;
  }

  /** Ends a stream. yamux-js sends FIN once, and then keeps the stream for ever. */
  close(stream: Stream): void {
    stream.close();
    this.#session.closeStream(stream.ID());
    stream.destroy();
  }

  /** Hands whole frames to yamux-js, which loses a header or a frame that is split over two chunks. */
  #receive(data: Buffer): void {
    let bytes = this.#held.length === 0 ? data : Buffer.concat([this.#held, data]);
    for (let size = frameSize(bytes); size <= bytes.length; size = frameSize(bytes)) {
      this.#session.write(bytes.subarray(0, size));
      bytes = bytes.subarray(size);
    }
    this.#held = bytes;
  }
}

/** The bytes of the first frame; Infinity while its header is not complete. */
function frameSize(bytes: Buffer): number {
  if (bytes.length < HEADER_BYTES) return Number.POSITIVE_INFINITY;
  return HEADER_BYTES + (bytes[1] === TYPE_DATA ? bytes.readUInt32BE(8) : 0);
}
