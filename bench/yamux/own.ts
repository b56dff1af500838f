// The product's multiplexer is a subject of the benchmark yamux: by its own contract, and under Node streams.
import { finished } from 'node:stream/promises';
import type {
  MuxSession,
  MuxStream,
  SessionHandler,
  StreamHandler,
} from '../../src/tunnel/yamux/contract.js';
import { StreamDuplex } from '../../src/tunnel/yamux/duplex.js';
import { createSession } from '../../src/tunnel/yamux/session.js';
import { BATCH, CHUNK, type Subject } from './subject.js';

/** The largest WebSocket message of the tunnel. */
const MESSAGE = 64 << 10;

const ignore = (): void => {};

/** Makes a session handler from the parts that a benchmark needs. */
function sessionHandler(parts: Partial<SessionHandler>): SessionHandler {
  return {
    output: ignore,
    incoming: () => undefined,
    openable: ignore,
    roundTrip: ignore,
    goneAway: ignore,
    closed: ignore,
    ...parts,
  };
}

/** A stream handler that ends each stream of the peer when the peer ends it. */
const closing: StreamHandler = {
  data: (stream, chunk) => stream.consumed(chunk.length),
  end: (stream) => stream.end(),
  reset: ignore,
  drain: ignore,
};

/** The one buffer of all messages: a message is read within `receive`, as a uWebSockets.js server's messages are. */
const reused = Buffer.alloc(MESSAGE);

/** Carries bytes both ways until there are none left. */
function exchange(a: MuxSession, b: MuxSession, message: () => Buffer): void {
  while (a.pending > 0 || b.pending > 0) {
    carry(a, b, message);
    carry(b, a, message);
  }
}

function carry(from: MuxSession, to: MuxSession, message: () => Buffer): void {
  if (from.pending === 0) return;
  const target = message();
  const size = from.pull(target, 0, target.length);
  to.receive(target.subarray(0, size), 0);
}

/** The product's multiplexer by its own contract, as the tunnel uses it. */
export const own: Subject = {
  name: 'visiona',
  async churn(count) {
    const a = createSession('client', sessionHandler({}), 0);
    const b = createSession('server', sessionHandler({ incoming: () => closing }), 0);
    const byte = Buffer.from('x');
    for (let done = 0; done < count; done += BATCH) {
      for (let i = 0; i < BATCH; i++) {
        const stream = a.open(closing);
        stream?.write(byte);
        stream?.end();
      }
      exchange(a, b, () => reused);
    }
    if (a.streams + b.streams > 0) throw new Error('streams are left');
  },
  async bulk(streams, bytes) {
    let received = 0;
    const sink: StreamHandler = {
      ...closing,
      data(stream, chunk) {
        received += chunk.length;
        stream.consumed(chunk.length);
      },
    };
    const a = createSession('client', sessionHandler({}), 0);
    const b = createSession('server', sessionHandler({ incoming: () => sink }), 0);
    const chunk = Buffer.alloc(CHUNK);
    for (let i = 0; i < streams; i++) {
      let left = bytes / streams;
      const fill = (stream: MuxStream): void => {
        while (left > 0) {
          left -= chunk.length;
          if (!stream.write(chunk)) return;
        }
        stream.end();
      };
      const stream = a.open({ ...closing, drain: fill });
      if (stream) fill(stream);
    }
    exchange(a, b, () => reused);
    if (received !== bytes) throw new Error(`${received} of ${bytes} bytes arrived`);
  },
};

/** The product's multiplexer under Node streams, the interface that yamux-js has. */
export const ownDuplex: Subject = {
  name: 'visiona, node streams',
  async churn(count) {
    const { a, stop } = duplexPair((duplex) => {
      duplex.on('end', () => duplex.end()).resume();
    });
    const byte = Buffer.from('x');
    for (let done = 0; done < count; done += BATCH) {
      const open: Promise<void>[] = [];
      for (let i = 0; i < BATCH; i++) {
        const duplex = StreamDuplex.open(a);
        if (duplex === undefined) throw new Error('cannot open');
        duplex.end(byte);
        open.push(finished(duplex.resume()));
      }
      await Promise.all(open);
    }
    stop();
  },
  async bulk(streams, bytes) {
    let received = 0;
    const { a, stop } = duplexPair((duplex) => {
      duplex.on('data', (chunk: Buffer) => {
        received += chunk.length;
      });
      duplex.on('end', () => duplex.end());
    });
    const chunk = Buffer.alloc(CHUNK);
    const open: Promise<void>[] = [];
    for (let i = 0; i < streams; i++) {
      const duplex = StreamDuplex.open(a);
      if (duplex === undefined) throw new Error('cannot open');
      let left = bytes / streams;
      const fill = (): void => {
        while (left > 0) {
          left -= chunk.length;
          if (!duplex.write(chunk)) return;
        }
        duplex.end();
      };
      duplex.on('drain', fill);
      fill();
      open.push(finished(duplex.resume()));
    }
    await Promise.all(open);
    stop();
    if (received !== bytes) throw new Error(`${received} of ${bytes} bytes arrived`);
  },
};

/** Makes two sessions whose bytes move once per turn of the microtask queue. */
function duplexPair(serve: (duplex: StreamDuplex) => void): { a: MuxSession; stop: () => void } {
  let isDue = false;
  const output = (): void => {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      // Node streams keep the buffers that they get, so each message is a new one.
      exchange(a, b, () => Buffer.allocUnsafeSlow(Math.min(MESSAGE, Math.max(a.pending, b.pending))));
    });
  };
  const a: MuxSession = createSession('client', sessionHandler({ output }), 0);
  const b: MuxSession = createSession(
    'server',
    sessionHandler({
      output,
      incoming(stream) {
        const duplex = StreamDuplex.accept(stream);
        serve(duplex);
        return duplex.handler;
      },
    }),
    0,
  );
  const stop = (): void => {
    if (a.streams + b.streams > 0) throw new Error('streams are left');
  };
  return { a, stop };
}
