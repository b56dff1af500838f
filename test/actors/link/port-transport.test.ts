import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { COPY_BYTES } from '../../../src/actors/limits.js';
import { PortTransport } from '../../../src/actors/link/port-transport.js';
import { PackWriter, unpooled } from '../../../src/actors/pack.js';

/** Two ends; what arrives at the second is kept. */
function ends(t: TestContext) {
  const { port1, port2 } = new MessageChannel();
  const [near, far] = [new PortTransport(port1), new PortTransport(port2)];
  const arrived: { batch: string; surplus: number[] }[] = [];
  far.listen((batch, surplus) => {
    arrived.push({ batch: batch.toString(), surplus: surplus.map((each) => each.byteLength) });
  });
  t.after(async () => {
    near.close();
    await once(port2, 'close');
  });
  return { near, far, arrived };
}

test('a batch of any size arrives, with and without surplus, and in order', (t) => {
  const { near, far, arrived } = ends(t);
  const [small, large] = [Buffer.from('small'), 'large'.repeat(COPY_BYTES / 4)];
  const writtenLarge = (): Buffer => {
    const out = new PackWriter(unpooled(16));
    out.raw(Buffer.from(large));
    return out.bytes.subarray(0, out.length);
  };
  const surplus = [new ArrayBuffer(4096), new ArrayBuffer(8192), new ArrayBuffer(16_384)];
  const [first, second, third] = surplus as [ArrayBuffer, ArrayBuffer, ArrayBuffer];
  assert.equal(near.post(small, []), false);
  assert.equal(near.post(writtenLarge(), [first, second]), true);
  assert.equal(near.post(small, [third]), false);
  assert.equal(near.post(writtenLarge(), []), true);
  far.drain();
  assert.deepEqual(arrived, [
    { batch: 'small', surplus: [] },
    { batch: large, surplus: [4096, 8192] },
    { batch: 'small', surplus: [16_384] },
    { batch: large, surplus: [] },
  ]);
  assert.deepEqual(
    surplus.map((each) => each.byteLength),
    [0, 0, 0],
    'it was given away',
  );
  assert.equal(small.toString(), 'small', 'it was copied');
});
