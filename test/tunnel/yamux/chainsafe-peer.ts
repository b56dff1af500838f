// This file makes a peer of the multiplexer from @chainsafe/libp2p-yamux.
import { yamux } from '@chainsafe/libp2p-yamux';

/** Bytes of one send, contiguous or as a list of parts. */
export interface ByteList {
  readonly byteLength: number;
  subarray(): Uint8Array;
}

/** The parts of a libp2p stream that are used here; its own types need packages that are not dependencies. */
export interface PeerStream extends EventTarget {
  readonly id: string;
  readonly status: string;
  /** @returns false when the caller should wait for `drain` */
  send(data: Uint8Array): boolean;
  close(): Promise<void>;
  abort(error: Error): void;
  pause(): void;
  resume(): void;
}

export interface PeerMuxer extends EventTarget {
  readonly status: string;
  readonly streams: PeerStream[];
  createStream(): Promise<PeerStream>;
  ping(): Promise<number>;
  close(): Promise<void>;
  abort(error: Error): void;
}

const log = Object.assign(() => {}, {
  trace: () => {},
  error: () => {},
  newScope: () => log,
  enabled: false,
});

/** What the muxer takes for its connection: `send` gives the bytes away, `deliver` brings the peer's. */
export class MemoryConnection extends EventTarget {
  readonly log: typeof log = log;
  readonly direction: 'inbound' | 'outbound';
  /** What the muxer aborted its connection with. */
  aborted: Error | undefined;
  readonly #send: (bytes: ByteList | Uint8Array) => void;

  constructor(direction: 'inbound' | 'outbound', send: (bytes: ByteList | Uint8Array) => void) {
    super();
    this.direction = direction;
    this.#send = send;
  }

  send(bytes: ByteList | Uint8Array): boolean {
    this.#send(bytes);
    return true;
  }

  abort(error: Error): void {
    this.aborted = error;
  }

  deliver(data: ByteList | Uint8Array): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }
}

/** A muxer of @chainsafe/libp2p-yamux over `connection`; `outbound` is yamux's client. */
export function chainsafe(connection: MemoryConnection): PeerMuxer {
  polyfill();
  const factory = yamux({ enableKeepAlive: false, streamOptions: { maxReadBufferLength: 1 << 30 } })();
  return factory.createStreamMuxer(connection as never) as unknown as PeerMuxer;
}

/** The peer needs `Promise.withResolvers`, which Node 20 does not have. */
function polyfill(): void {
  const target = Promise as unknown as { withResolvers?: () => unknown };
  target.withResolvers ??= () => {
    let resolve: unknown;
    let reject: unknown;
    const promise = new Promise((done, fail) => {
      resolve = done;
      reject = fail;
    });
    return { promise, resolve, reject };
  };
}
