// `loopback` is a host in the thread of the test, with a transport that the test can hold.
import type { ExitReason } from '../../src/actors/errors.js';
import type { AnyImplementation } from '../../src/actors/host.js';
import { HostClient } from '../../src/actors/hosting/host-client.js';
import { HostServer } from '../../src/actors/hosting/host-server.js';
import type { LivenessOptions } from '../../src/actors/hosting/liveness.js';
import { COPY_BYTES } from '../../src/actors/limits.js';
import { defaultBounds, type LinkBounds } from '../../src/actors/link/link.js';
import type { Transport } from '../../src/actors/link/transport.js';
import { deferred, ManualClock, until } from './kit.js';

/** One end of an in-process link. While `held`, what is posted waits for `release`. */
export class FakeTransport implements Transport {
  readonly givesBuffers = true;
  peer: FakeTransport | undefined;
  held = false;
  /** Sizes of the batches posted so far. */
  readonly posted: number[] = [];
  /** The buffers that were given away with large batches. */
  readonly given: ArrayBufferLike[] = [];
  closed = false;
  /** The buffers that were given away beside batches. */
  readonly surplus: ArrayBuffer[] = [];
  readonly #waiting: { readonly batch: Buffer; readonly surplus: readonly ArrayBuffer[] }[] = [];
  #onBatch: (batch: Buffer, surplus: readonly ArrayBuffer[]) => void = () => {};

  post(batch: Buffer, surplus: readonly ArrayBuffer[]): boolean {
    this.posted.push(batch.length);
    this.surplus.push(...surplus);
    const isGiven = batch.length > COPY_BYTES;
    if (isGiven) this.given.push(batch.buffer);
    const bytes = isGiven ? batch : Buffer.from(Uint8Array.prototype.slice.call(batch).buffer);
    this.#waiting.push({ batch: bytes, surplus });
    if (!this.held) setImmediate(() => this.#deliver());
    return isGiven;
  }

  listen(onBatch: (batch: Buffer, surplus: readonly ArrayBuffer[]) => void): void {
    this.#onBatch = onBatch;
  }

  /** Delivers what was posted while held, now, and holds no longer. */
  release(): void {
    this.held = false;
    this.#deliver();
  }

  drain(): void {
    this.peer?.release();
  }

  close(): void {
    this.closed = true;
  }

  #deliver(): void {
    for (const { batch, surplus } of this.#waiting.splice(0)) {
      if (this.peer?.closed === false) this.peer.#onBatch(batch, surplus);
    }
  }
}

export interface LoopbackOptions {
  readonly bounds?: Partial<LinkBounds>;
  readonly liveness?: Partial<LivenessOptions>;
}

/** A host in this very thread: both ends of the link are real, only the transport and the carrier are not. */
export async function loopback(implementations: AnyImplementation[], options: LoopbackOptions = {}) {
  const toHost = new FakeTransport();
  const toOwner = new FakeTransport();
  toHost.peer = toOwner;
  toOwner.peer = toHost;
  const clock = new ManualClock();
  const ended = deferred<ExitReason>();
  const bounds = { ...defaultBounds, ...options.bounds };
  const carrier = {
    ended: ended.promise,
    kill: (why: string) => ended.resolve({ kind: 'killed', why }),
  };
  const client = new HostClient(toHost, carrier, {
    name: 'loopback',
    bounds,
    liveness: { periodMs: 1000, timeoutMs: 5000, ...options.liveness },
    clock,
  });
  const server = new HostServer(toOwner, bounds);
  server.ready(implementations);
  const stopped = server.stopped.then(() => {
    server.close();
    ended.resolve({ kind: 'normal' });
  });
  const host = await client.started(1000);
  // READY and the first PONG: from here on the link is quiet.
  await until(() => toOwner.posted.length === 2);
  /** Ends it and frees what it holds, for the end of a test. */
  const close = async () => {
    host.kill('end of test');
    await host.exited;
    server.close();
  };
  return { host, server, toHost, toOwner, clock, ended, stopped, close };
}
