import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { StreamHandler } from '../../../src/tunnel/yamux/contract.js';
import { sized } from '../../support/sized.js';
import { End, frame } from './harness.js';

/** Everything a session did with `chunks`: events in order, with data joined, and what it answers. */
function trace(chunks: Uint8Array[], reads: boolean): string[] {
  const relay = new End('server', { maxIncoming: 4, maxPongs: 4 });
  const log: string[] = [];
  const handler: StreamHandler = {
    data(stream, chunk) {
      const text = Buffer.from(chunk).toString('hex');
      const last = log.at(-1);
      if (last?.startsWith(`${stream.id} data `)) log[log.length - 1] = last + text;
      else log.push(`${stream.id} data ${text}`);
      if (reads) stream.consumed(chunk.length);
    },
    end: (stream) => log.push(`${stream.id} end`),
    reset: (stream, error) => log.push(`${stream.id} reset ${error.message}`),
    drain: (stream) => log.push(`${stream.id} drain`),
    acknowledged: (stream) => log.push(`${stream.id} acknowledged`),
  };
  relay.accept = (stream) => {
    log.push(`${stream.id} incoming`);
    return handler;
  };
  relay.closed = (error) => log.push(`closed ${error?.message}`);
  relay.goneAway = () => log.push('gone away');
  for (const size of [10, 100]) relay.session.open(handler)?.write(Buffer.alloc(size));
  relay.take();
  relay.give(...chunks);
  log.push(Buffer.from(relay.take()).toString('hex'));
  log.push(JSON.stringify(relay.session.stats));
  return log;
}

/** Frames that are mostly valid: few streams, so that the states of one are walked through. */
const frames = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.tuple(fc.constant(0), fc.nat(15), fc.nat(6), fc.uint8Array({ maxLength: 40 })),
    },
    { weight: 4, arbitrary: fc.tuple(fc.constant(1), fc.nat(15), fc.nat(6), fc.nat(1 << 20)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant(2), fc.nat(3), fc.constant(0), fc.nat()) },
    { weight: 1, arbitrary: fc.tuple(fc.constant(3), fc.constant(0), fc.constant(0), fc.nat(1)) },
    { weight: 1, arbitrary: fc.tuple(fc.nat(5), fc.nat(0xffff), fc.nat(8), fc.nat(300_000)) },
  ),
  { maxLength: 30, size: 'max' },
);

test('any split or join of any frames, valid or not, has the same effect', () => {
  fc.assert(
    fc.property(
      frames,
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
      fc.boolean(),
      (list, cuts, reads) => {
        const bytes = Buffer.concat(list.map(([type, flags, id, body]) => frame(type, flags, id, body)));
        const chunks: Uint8Array[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = cuts[i % cuts.length] ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        assert.deepEqual(trace(chunks, reads), trace([bytes], reads));
      },
    ),
    { numRuns: sized(2000, 100_000) },
  );
});
