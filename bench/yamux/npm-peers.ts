// The multiplexers that npm has are subjects of the benchmark yamux.
import type { Stream } from 'yamux-js';
import { Client, Server } from 'yamux-js';
import {
  type ByteList,
  chainsafe,
  MemoryConnection,
  type PeerMuxer,
  type PeerStream,
} from '../../test/tunnel/yamux/chainsafe-peer.js';
import { BATCH, CHUNK, type Subject } from './subject.js';

/** @chainsafe/libp2p-yamux as a subject. A message passes by reference in the next microtask, so its peer copies nothing. */
export const libp2p: Subject = {
  name: '@chainsafe/libp2p-yamux',
  async churn(count) {
    const { a, b } = libp2pPair();
    b.addEventListener('stream', (event) => {
      const stream = opened(event);
      stream.addEventListener('remoteCloseWrite', () => void stream.close());
      stream.addEventListener('message', () => {});
    });
    const byte = Buffer.from('x');
    for (let done = 0; done < count; done += BATCH) {
      const open: Promise<unknown>[] = [];
      for (let i = 0; i < BATCH; i++) {
        const stream = await a.createStream();
        open.push(new Promise((resolve) => stream.addEventListener('close', resolve)));
        stream.send(byte);
        void stream.close();
      }
      await Promise.all(open);
    }
    if (a.streams.length + b.streams.length > 0) throw new Error('streams are left');
  },
  async bulk(streams, bytes) {
    let received = 0;
    const { a, b } = libp2pPair();
    b.addEventListener('stream', (event) => {
      const stream = opened(event);
      stream.addEventListener('message', (message) => {
        received += (message as unknown as { data: ByteList }).data.byteLength;
      });
      stream.addEventListener('remoteCloseWrite', () => void stream.close());
    });
    const chunk = Buffer.alloc(CHUNK);
    const open: Promise<unknown>[] = [];
    for (let i = 0; i < streams; i++) {
      const stream = await a.createStream();
      open.push(new Promise((resolve) => stream.addEventListener('close', resolve)));
      let left = bytes / streams;
      const fill = (): void => {
        while (left > 0) {
          left -= chunk.length;
          if (!stream.send(chunk)) return;
        }
        if (left === 0) void stream.close();
        left = -1;
      };
      stream.addEventListener('drain', fill);
      fill();
    }
    await Promise.all(open);
    if (received !== bytes) throw new Error(`${received} of ${bytes} bytes arrived`);
  },
};

function opened(event: Event): PeerStream {
  return (event as CustomEvent<PeerStream>).detail;
}

function libp2pPair(): { a: PeerMuxer; b: PeerMuxer } {
  const near: MemoryConnection = new MemoryConnection('outbound', (bytes) =>
    queueMicrotask(() => far.deliver(bytes)),
  );
  const far: MemoryConnection = new MemoryConnection('inbound', (bytes) =>
    queueMicrotask(() => near.deliver(bytes)),
  );
  return { a: chainsafe(near), b: chainsafe(far) };
}

/**
 * yamux-js as a subject. It does not see the peer's FIN, so an operation is over when the byte has arrived and both sides have
 * called `close`; `closeStream` frees the stream, which it would otherwise keep.
 */
export const yamuxJs: Subject = {
  name: 'yamux-js',
  async churn(count) {
    let arrived = (): void => {};
    const { a, b, stop } = yamuxJsPair((stream) => {
      stream.on('data', () => {
        stream.close();
        b.closeStream(stream.ID());
        arrived();
      });
    });
    const byte = Buffer.from('x');
    for (let done = 0; done < count; done += BATCH) {
      let left = BATCH;
      const batch = new Promise<void>((resolve) => {
        arrived = () => {
          if (--left === 0) resolve();
        };
      });
      for (let i = 0; i < BATCH; i++) {
        const stream = a.open();
        stream.write(byte);
        stream.close();
        a.closeStream(stream.ID());
      }
      await batch;
    }
    stop();
  },
  async bulk(streams, bytes) {
    let received = 0;
    let finish = (): void => {};
    const { a, stop } = yamuxJsPair((stream) => {
      stream.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received === bytes) finish();
      });
    });
    const all = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const chunk = Buffer.alloc(CHUNK);
    for (let i = 0; i < streams; i++) {
      const stream = a.open();
      let left = bytes / streams;
      const fill = (): void => {
        while (left > 0) {
          left -= chunk.length;
          if (!stream.write(chunk)) return;
        }
      };
      stream.on('drain', fill);
      fill();
    }
    await all;
    stop();
  },
};

function yamuxJsPair(serve: (stream: Stream) => void): { a: Client; b: Server; stop: () => void } {
  const config = { enableKeepAlive: false, logger: () => {} };
  const a = new Client(config);
  const b = new Server((duplex) => serve(duplex as Stream), config);
  a.pipe(b).pipe(a);
  const stop = (): void => {
    a.destroy();
    b.destroy();
  };
  return { a, b, stop };
}
