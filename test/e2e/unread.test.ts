import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { PATIENCE_MS } from '../../src/tunnel/forward/unread-budget.js';
import { sized } from '../support/sized.js';
import { until } from '../support/until.js';
import { ask } from './kit/internal-client.js';
import { Caller, serve } from './kit/load.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';

const MIB = 2 ** 20;
const READERS = sized(800, 5000);
/** Alice's devices, each of which serves a part of the readers: a tunnel has a bound of its own. */
const DEVICES = 10;
/** Of the heap alone; a quarter of its limit, which is a little more, may be unread, and by one user a quarter of that. */
const HEAP_MIB = 256;
const BUDGET = (HEAP_MIB / 4) * MIB;
const SHARE = BUDGET / 4;
/** What the process may take for its work beside what is unread: a heap in use, and what is on its way to be refused. */
const WORK = 100 * MIB;

const PART = Buffer.alloc(MIB);
const HEAD = `HTTP/1.1 200 OK\r\nContent-Length: ${2 ** 40}\r\n\r\n`;

let proxy: ProxyProcess;
let tokens: string[];
let bob: string;
const devices: ScriptedDevice[] = [];
const readers: Reader[] = [];
/** Calls that reached alice's devices. */
let asked = 0;

before(async () => {
  proxy = await ProxyProcess.start({ env: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` } });
  tokens = (await proxy.provision(DEVICES)).map(({ sessionToken }) => sessionToken);
  bob = (await proxy.device('bob')).sessionToken;
  for (const token of tokens) flood(await dial(token));
  serve(await dial(bob));
});
after(async () => {
  for (const { socket } of readers) socket.destroy();
  for (const device of devices) device.drop();
  await proxy.stop();
});

async function dial(token: string): Promise<ScriptedDevice> {
  const device = await ScriptedDevice.connect(proxy.tunnelUrl, token);
  devices.push(device);
  return device;
}

/** Answers every call with more than anybody takes. */
function flood(device: ScriptedDevice): void {
  const answerNext = async (): Promise<void> => {
    const stream = await device.stream();
    asked += 1;
    void answerNext().catch(() => {});
    await stream.head();
    await stream.write(HEAD);
    for (;;) await stream.write(PART);
  };
  // A stream that was reset has no answer.
  void answerNext().catch(() => {});
}

/** Calls a device, and reads no more than the status of the answer. */
class Reader {
  readonly socket: Socket;
  readonly status: Promise<number>;
  /** Its connection has ended, far before its answer, as it sees once it reads. */
  isCut = false;

  constructor(token: string) {
    this.socket = connect(proxy.internalPort, '127.0.0.1');
    this.socket.write(
      `POST /internal/forward/http?token=${token} HTTP/1.1\r\nHost: proxy\r\nAuthorization: ${proxy.authorization}\r\n` +
        'X-Forward-Method: GET\r\nX-Forward-Target: /\r\nContent-Length: 0\r\n\r\n',
    );
    this.status = once(this.socket, 'readable').then(() =>
      Number(String(this.socket.read(12)).slice('HTTP/1.1 '.length)),
    );
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.isCut = true;
    });
  }
}

async function metric(name: string): Promise<number> {
  const { text } = await ask(proxy, '/internal/metrics');
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

test(`attack 58, B1: ${READERS} readers that stall take no more memory than the budget, and others are served meanwhile`, async () => {
  const others = new Caller(proxy, bob);
  await others.more(50);
  const idle = proxy.program.residentBytes;
  proxy.program.forgetPeak();

  // One after the other: what the system keeps for a connection has to fill before it is not read.
  for (let unread = 0; (await metric('visiona_unread_refused_total')) === 0; ) {
    readers.push(new Reader(tokens[readers.length % DEVICES] ?? ''));
    await until(async () => {
      const before = unread;
      unread = Math.max(unread, await metric('visiona_unread_bytes'));
      return unread > before || (await metric('visiona_unread_refused_total')) > 0;
    });
  }
  while (readers.length < READERS) {
    readers.push(new Reader(tokens[readers.length % DEVICES] ?? ''));
    // As fast as connections are taken, not faster than the listener's backlog holds.
    if (readers.length % 100 === 0) await readers.at(-1)?.status;
  }
  const statuses = await Promise.all(readers.map(({ status }) => status));
  await others.more(200);
  await others.stop();
  assert.deepEqual(others.failures, []);

  const answered = statuses.filter((status) => status === 200).length;
  assert.deepEqual([...new Set(statuses)].sort(), [200, 503]);
  assert.equal(asked, answered, 'a device was asked for what was refused');
  assert.equal(await metric('visiona_unread_refused_total'), READERS - answered);
  const unread = await metric('visiona_unread_bytes');
  assert.ok(unread >= SHARE && unread < BUDGET, `${unread / MIB} MiB are unread`);
  const grown = proxy.program.peakBytes - idle;
  assert.ok(grown < BUDGET + WORK, `${Math.round(grown / MIB)} MiB above the idle process`);
});

const WAITS = sized(1, 0) === 1 && 'it waits for 30 s: npm run test:long';

test('B1: readers that have stalled for 30 s are cut until there is room again', {
  skip: WAITS,
}, async () => {
  const before = await metric('visiona_unread_cut_total');
  await until(async () => (await metric('visiona_unread_cut_total')) > before, 3 * PATIENCE_MS);
  for (const { socket } of readers) socket.resume();
  await until(async () => readers.some(({ isCut }) => isCut));
  // There is room for another one.
  await until(async () => (await new Reader(tokens[0] ?? '').status) === 200);
});
