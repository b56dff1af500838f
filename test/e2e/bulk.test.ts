import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientRequest } from 'node:http';
import { after, before, test } from 'node:test';
import { HEAD_GOES_ALONE } from '../../src/server/response-writer.js';
import { sized } from '../support/sized.js';
import type { DeviceStream } from './kit/device-stream.js';
import { ask, begin, forward, openCall, read, response } from './kit/internal-client.js';
import { PatternCheck, pattern } from './kit/pattern.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';

const MIB = 1 << 20;
const GIB = 1 << 30;
const TOTAL = sized(1, 8) * GIB;
const CHUNK = 64 << 10;
/** How much of it is taken slowly, before a reader stalls for good. */
const SLOWLY = 16 * MIB;
/**
 * What may be on its way to a reader that has stalled: the largest window, and what the operating system keeps for two
 * connections over loopback. Far less than the total, so that what is not bounded shows.
 */
const ON_ITS_WAY = 64 * MIB;
/** What the process may take beside its idle memory: some windows, and what waits for the garbage collector. */
const MEMORY = 160 * MIB;

let proxy: ProxyProcess;
let token: string;
let device: ScriptedDevice;
let idle: number;

before(async () => {
  proxy = await ProxyProcess.start({ hosts: 1 });
  token = (await proxy.device()).sessionToken;
  device = await ScriptedDevice.connect(proxy.tunnelUrl, token);
  // Everything that is loaded late is loaded now.
  for (let i = 0; i < 20; i += 1) await smallCall();
  idle = proxy.program.residentBytes;
});
after(async () => {
  await device.close();
  await proxy.stop();
});

/** A call on the same tunnel, from one end to the other and back. */
async function smallCall(): Promise<void> {
  const answer = forward(proxy, token, { target: '/small' });
  const { stream } = await device.request();
  await stream.answer('small');
  assert.equal((await answer).text, 'small');
}

/** Resolves when `value` stays the same over many calls on the same tunnel: what flows has come to rest. */
async function atRest(value: () => number): Promise<number> {
  let last = -1;
  for (let same = 0; same < 25; ) {
    await smallCall();
    const now = value();
    same = now === last ? same + 1 : 0;
    last = now;
  }
  return last;
}

/** The process stayed within its bound since the peak was forgotten. */
function assertMemory(): void {
  const grown = proxy.program.peakBytes - idle;
  assert.ok(grown < MEMORY, `${Math.round(grown / MIB)} MiB above the idle process`);
}

/** Writes the pattern as fast as it is taken. */
class Source {
  written = 0;

  async run(write: (chunk: Buffer, written: number) => Promise<unknown> | undefined): Promise<void> {
    while (this.written < TOTAL) {
      const chunk = pattern(this.written, Math.min(CHUNK, TOTAL - this.written));
      await write(chunk, this.written);
      this.written += chunk.length;
    }
  }
}

/**
 * Builds of uWebSockets.js for Node 22 and later read on within a turn for as long as the socket is full, and cannot be paused: whoever
 * sends faster than they read is cut in the end (`test/server/fast-upload`). On this machine that is a loop that only sends.
 */
const READS_ON = !HEAD_GOES_ALONE;

async function writeTo(call: ClientRequest, chunk: Buffer, written: number): Promise<void> {
  if (READS_ON && written % MIB === 0) await ask(proxy, '/internal/health');
  if (!call.write(chunk)) await once(call, 'drain');
}

test(`${TOTAL / GIB} GiB down to a reader that is slow, stalls and goes on`, async () => {
  proxy.program.forgetPeak();
  const message = begin(proxy, token);
  const { stream } = await device.request();
  await stream.write(`HTTP/1.1 200 OK\r\nContent-Length: ${TOTAL}\r\n\r\n`);
  const source = new Source();
  const sent = source.run((chunk) => stream.write(chunk));
  const answer = await message;
  const check = new PatternCheck();

  for (let calls = 0; check.length < SLOWLY; calls += 1) {
    const chunk: Buffer | null = answer.read();
    if (chunk === null) await once(answer, 'readable');
    else check.take(chunk);
    if (calls % 16 === 0) await smallCall();
  }
  const written = await atRest(() => source.written);
  assert.ok(stream.duplex.writableNeedDrain, 'the device was never held up');
  assert.ok(written - check.length < ON_ITS_WAY, `${written - check.length} bytes are on their way`);
  assertMemory();

  for await (const chunk of answer) check.take(chunk);
  await sent;
  stream.end();
  assert.deepEqual({ ...check }, { length: TOTAL, intact: true });
  assertMemory();
});

test(`${TOTAL / GIB} GiB up to a device that is slow, stalls and goes on`, async () => {
  proxy.program.forgetPeak();
  const call = openCall(proxy, token, { method: 'PUT', headers: { 'Content-Length': `${TOTAL}` } });
  const answer = response(call);
  const source = new Source();
  const sent = source.run((chunk, written) => writeTo(call, chunk, written));
  const { stream } = await device.request();
  const check = new PatternCheck();

  for (let calls = 0; check.length < SLOWLY; calls += 1) {
    check.take(await stream.read(CHUNK));
    if (calls % 16 === 0) await smallCall();
  }
  const written = await atRest(() => source.written);
  assert.ok(call.writableNeedDrain, 'the caller was never held up');
  assert.ok(written - check.length < ON_ITS_WAY, `${written - check.length} bytes are on their way`);
  assertMemory();

  await restOf(stream, check);
  await sent;
  call.end();
  await stream.answer('stored');
  assert.equal((await read(await answer)).text, 'stored');
  assert.deepEqual({ ...check }, { length: TOTAL, intact: true });
  assertMemory();
});

/** Reads a body to its end. */
async function restOf(stream: DeviceStream, check: PatternCheck): Promise<void> {
  check.take(stream.buffered());
  const done = new Promise<void>((resolve) => {
    stream.duplex.on('data', (chunk: Buffer) => {
      check.take(chunk);
      if (check.length >= TOTAL) resolve();
    });
  });
  await Promise.race([done, stream.ended]);
}
