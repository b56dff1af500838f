/** Our multiplexer against hashicorp/yamux and gorilla/websocket in both roles: bytes, many streams, any split. */
import assert from 'node:assert/strict';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import type { MuxStream, StreamHandler } from '../../src/tunnel/yamux/contract.js';
import { StreamDuplex } from '../../src/tunnel/yamux/duplex.js';
import { behave, readAll, sha256 } from './behave.js';
import { randomBytes } from './random-bytes.js';
import { connect, type YamuxEnd } from './yamux-end.js';

const BULK = 16 << 20;
const MANY = 1000;

/** Sends `line` and then `body`, ends, and reads the answer. */
async function ask(stream: StreamDuplex, line: string, body: Buffer = Buffer.alloc(0)): Promise<Buffer> {
  const answer = readAll(stream);
  await pipeline([Buffer.from(`${line}\n`), body], stream, { end: true });
  return answer;
}

/** As many streams as asked for, all open, whatever the peer's accept backlog is. */
async function openMany(end: YamuxEnd, count: number): Promise<StreamDuplex[]> {
  const streams: StreamDuplex[] = [];
  while (streams.length < count) {
    if (!end.session.canOpen) await end.next('openable');
    const stream = end.open();
    stream.write('echo\n');
    streams.push(stream);
  }
  return streams;
}

/** Serves streams of the peer only once `count` of them are open. */
function holdUntil(count: number, allOpen: () => void): (stream: MuxStream) => StreamHandler {
  const held: StreamDuplex[] = [];
  return (stream) => {
    const duplex = StreamDuplex.accept(stream);
    held.push(duplex);
    if (held.length === count) {
      allOpen();
      for (const each of held) behave(each).catch((error) => each.destroy(error));
    }
    return duplex.handler;
  };
}

for (const role of ['server', 'client'] as const) {
  test(`as ${role}: 16 MiB up and down over streams that we open`, async (t) => {
    const end = await connect(t, { role });
    if (end === undefined) return;
    const bytes = randomBytes(BULK);
    assert.equal(String(await ask(end.open(), 'sink', bytes)), sha256(bytes), 'up');
    assert.equal(sha256(await ask(end.open(), `source ${BULK}`)), sha256(bytes), 'down');
    // Two ways in one stream, and every 64 bytes come back in a message of their own.
    const part = bytes.subarray(0, 1 << 20);
    assert.equal(sha256(await ask(end.open(), 'echo', part)), sha256(part), 'both at once');
  });

  test(`as ${role}: 16 MiB up and down over streams that the peer opens`, async (t) => {
    const end = await connect(t, { role });
    if (end === undefined) return;
    for (const kind of ['sink', 'source', 'echo']) {
      const { count, bytes, error } = await end.go.ask(`${kind} 1 ${BULK}`);
      assert.deepEqual([kind, count, bytes, error], [kind, 1, BULK, undefined]);
    }
  });

  test(`as ${role}: 1,000 streams of ours at once`, async (t) => {
    const end = await connect(t, { role });
    if (end === undefined) return;
    const streams = await openMany(end, MANY);
    assert.equal(end.session.streams, MANY);
    await end.ping();
    assert.equal((await end.go.ask('streams')).count, MANY);
    const answers = streams.map(readAll);
    for (const [index, stream] of streams.entries()) stream.end(`stream ${index}`);
    assert.deepEqual(
      (await Promise.all(answers)).map(String),
      streams.map((_, index) => `stream ${index}`),
    );
    await end.ping();
    assert.equal((await end.go.ask('streams')).count, 0);
    assert.equal(end.session.streams, 0);
    assert.equal(end.session.stats.resets, 0);
  });

  test(`as ${role}: 1,000 streams of the peer at once`, async (t) => {
    const end = await connect(t, { role });
    if (end === undefined) return;
    let most = 0;
    end.accept = holdUntil(MANY, () => {
      most = end.session.streams;
    });
    const { count, error } = await end.go.ask(`echo ${MANY} 1000`);
    assert.deepEqual([count, error, most], [MANY, undefined, MANY]);
    assert.equal(end.session.stats.resets, 0);
  });

  test(`as ${role}: every byte either way in a WebSocket message of its own`, async (t) => {
    const end = await connect(t, { role, oneByte: true, go: { onebyte: true } });
    if (end === undefined) return;
    const bytes = randomBytes(20_000);
    assert.equal(sha256(await ask(end.open(), 'echo', bytes)), sha256(bytes));
    assert.equal((await end.go.ask('echo 3 5000')).count, 3);
  });
}
