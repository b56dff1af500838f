import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { type ForwardRequest, UPLOAD_CREDIT } from '../../../src/contract/call.js';
import { tunnelKey } from '../../../src/contract/tunnel-key.js';
import { HEAD_GOES_ALONE } from '../../../src/server/response-writer.js';
import { settled } from '../../support/settled.js';
import { DEVICE, type ForwarderUnderTest, IMPLEMENTATIONS, type OpenForwarder } from './http-device.js';
import { RecordedCall, request } from './recording-sink.js';

const MIB = 1024 * 1024;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function received(req: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of req) parts.push(part);
  return Buffer.concat(parts);
}

/** Holds a device back until the test opens it. */
class Gate {
  open = (): void => {};
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

/** Resolves when a stream is closed, reset or not. */
function closed({ socket }: IncomingMessage): Promise<void> {
  return new Promise((resolve) => void socket.once('close', () => resolve()));
}

/** Makes a call to the device; `holding`: what comes is not consumed. */
type Call = (over?: Partial<ForwardRequest>, holding?: boolean) => RecordedCall;

/** The Forwarder contract, for every implementation. */
function forwarderContract(name: string, open: OpenForwarder): void {
  const it = (
    what: string,
    body: (it: ForwarderUnderTest & { call: Call }) => Promise<void>,
    options?: Parameters<OpenForwarder>[0],
  ): void => {
    test(`${name}: ${what}`, async () => {
      const under = await open(options);
      const call: Call = (over, holding) => new RecordedCall(under.forwarder, DEVICE, request(over), holding);
      try {
        await body({ ...under, call });
      } finally {
        await under.close();
      }
    });
  };

  it('the device gets the request as it is, and the caller the answer', async ({ device, call }) => {
    let seen: IncomingMessage | undefined;
    device.serve = (req, res) => {
      seen = req;
      res.writeHead(207, 'Fine By Me', ['X-One', 'a', 'Set-Cookie', 'b', 'set-cookie', 'c', 'X-Latin', 'é']);
      res.end('hello');
    };
    const headers = ['host', 'device.test', 'accept', 'a/b', 'x-twice', '1', 'x-twice', '2'];
    const { answer, body, events } = await call({
      method: 'PROPFIND',
      target: '/a%2fb?c=d&e',
      headers,
    }).over();
    assert.equal(seen?.method, 'PROPFIND');
    assert.equal(seen?.url, '/a%2fb?c=d&e');
    assert.equal(seen?.headers.host, 'device.test');
    assert.equal(seen?.headers.accept, 'a/b');
    assert.deepEqual(
      seen?.rawHeaders.filter((_, i, all) => all[i - 1] === 'x-twice'),
      ['1', '2'],
    );
    assert.equal(answer?.status, 207);
    assert.equal(answer?.reason, 'Fine By Me');
    const fields = ['X-One', 'Set-Cookie', 'set-cookie', 'X-Latin'];
    const kept = answer?.headers.filter((_, i, all) => fields.includes(all[i & ~1] as string));
    assert.deepEqual(kept, ['X-One', 'a', 'Set-Cookie', 'b', 'set-cookie', 'c', 'X-Latin', 'é']);
    assert.equal(String(body), 'hello');
    // Never before forward() has returned, and a small answer as one.
    assert.deepEqual(events, ['returned', 'head complete']);
  });

  it('fields of a connection go no further', async ({ device, call }) => {
    device.serve = (_req, res) => {
      res.setHeader('Connection', 'x-mine, close');
      res.setHeader('X-Mine', '1');
      res.setHeader('Keep-Alive', 'timeout=3');
      res.setHeader('X-Forward-Origin', 'proxy');
      res.end('x');
    };
    const { answer } = await call().over();
    const names = answer?.headers.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
    for (const gone of ['connection', 'x-mine', 'keep-alive', 'transfer-encoding', 'content-length']) {
      assert.ok(!names?.includes(gone), gone);
    }
    assert.equal(answer?.status, 200);
  });

  it('a device is found by its token, too', async ({ forwarder, device }) => {
    device.serve = (_req, res) => res.end('by token');
    const target = { by: 'token', token: tunnelKey('camera') } as const;
    assert.equal(String((await new RecordedCall(forwarder, target, request()).over()).body), 'by token');
  });

  for (const [what, method, status, length, expected] of [
    ['HEAD with a length', 'HEAD', 200, '1234', { contentLength: 1234, bodyless: true }],
    ['HEAD without a length', 'HEAD', 200, undefined, { contentLength: undefined, bodyless: true }],
    ['304 with a length', 'GET', 304, '77', { contentLength: 77, bodyless: true }],
    ['204', 'DELETE', 204, undefined, { contentLength: undefined, bodyless: true }],
    ['an empty body', 'GET', 200, '0', { contentLength: 0, bodyless: true }],
  ] as const) {
    it(`the answer to ${what} keeps what was said of its length`, async ({ device, call }) => {
      device.serve = (_req, res) => {
        res.writeHead(status, length === undefined ? {} : { 'Content-Length': length });
        res.end();
      };
      const { answer, body, events } = await call({ method }).over();
      const { contentLength, bodyless } = answer!;
      assert.deepEqual({ contentLength, bodyless }, expected);
      assert.equal(body.length, 0);
      assert.equal(events.at(-1), 'head complete');
    });
  }

  it('an answer of unknown length comes as it is made', async ({ device, call }) => {
    const gate = new Gate();
    device.serve = async (_req, res) => {
      res.write('one');
      await gate.opened;
      res.end('two');
    };
    const answered = call();
    await answered.until(() => String(answered.body) === 'one');
    assert.equal(answered.answer?.contentLength, undefined);
    assert.equal(answered.answer?.bodyless, false);
    gate.open();
    assert.equal(String((await answered.over()).body), 'onetwo');
  });

  it('a head comes before its body does', async ({ device, call }) => {
    const gate = new Gate();
    device.serve = async (_req, res) => {
      res.writeHead(200, { 'Content-Length': 4 }).flushHeaders();
      await gate.opened;
      res.end('body');
    };
    const answered = call();
    const goesAlone = HEAD_GOES_ALONE || name === 'LocalForwarder';
    if (goesAlone) await answered.until(() => answered.answer !== undefined);
    gate.open();
    await answered.over();
    assert.equal(answered.answer?.contentLength, 4);
    assert.deepEqual(answered.events, [
      'returned',
      ...(goesAlone ? ['head', 'data', 'end'] : ['head complete']),
    ]);
  });

  it('what the caller does not consume holds the device back, and nothing is lost', async ({
    device,
    call,
  }) => {
    const sent = randomBytes(16 * MIB);
    let written = 0;
    device.serve = (_req, res) => {
      res.writeHead(200, { 'Content-Length': sent.length });
      const more = (): void => {
        while (written < sent.length) {
          const chunk = sent.subarray(written, written + 64 * 1024);
          written += chunk.length;
          if (!res.write(chunk)) return void res.once('drain', more);
        }
        res.end();
      };
      more();
    };
    const answered = call({}, true);
    await settled(() => answered.held);
    assert.ok(answered.held < 2 * MIB, `${answered.held} bytes came unasked`);
    assert.ok(written < sent.length, 'the device was not held back');
    answered.release();
    const { body } = await answered.over();
    assert.equal(sha256(body), sha256(sent));
  });

  for (const bodyLength of [16 * MIB, undefined]) {
    it(`an upload of ${bodyLength ?? 'unknown'} bytes arrives whole, by its credit`, async ({
      device,
      call,
    }) => {
      const sent = randomBytes(16 * MIB);
      device.serve = async (req, res) => {
        const { 'content-length': length = 'chunked' } = req.headers;
        res.end(`${length} ${sha256(await received(req))}`);
      };
      const uploading = call({ method: 'PUT', bodyLength });
      await uploading.upload(sent);
      assert.equal(String((await uploading.over()).body), `${bodyLength ?? 'chunked'} ${sha256(sent)}`);
    });
  }

  it('a device that does not read stops the upload', async ({ device, call }) => {
    const sent = Buffer.alloc(48 * MIB);
    const gate = new Gate();
    device.serve = async (req, res) => {
      await gate.opened;
      res.end(String((await received(req)).length));
    };
    const uploading = call({ method: 'POST', bodyLength: sent.length });
    const uploaded = uploading.upload(sent);
    await settled(() => uploading.credited);
    // What the way there holds: windows, and between two processes what the kernel buffers of a connection.
    assert.ok(uploading.credited < 24 * MIB, `${uploading.credited} bytes went off`);
    gate.open();
    await uploaded;
    assert.equal(String((await uploading.over()).body), String(sent.length));
  });

  for (const bodyLength of [5, undefined]) {
    it(`a small body of ${bodyLength ?? 'unknown'} length arrives`, async ({ device, call }) => {
      device.serve = async (req, res) => res.end(`got ${await received(req)}`);
      const uploading = call({ method: 'POST', bodyLength });
      uploading.call.body(Buffer.from('hello'), true);
      assert.equal(String((await uploading.over()).body), 'got hello');
    });
  }

  it('a POST without a body says so', async ({ device, call }) => {
    device.serve = (req, res) => res.end(req.headers['content-length']);
    assert.equal(String((await call({ method: 'POST' }).over()).body), '0');
  });

  it('an answer before the body was read ends the call', async ({ device, call }) => {
    device.serve = (_req, res) => res.writeHead(413, { Connection: 'close' }).end('too large');
    const uploading = call({ method: 'POST', bodyLength: 4 * MIB });
    uploading.call.body(Buffer.alloc(UPLOAD_CREDIT / 2), false);
    const { answer, body } = await uploading.over();
    assert.equal(answer?.status, 413);
    assert.equal(String(body), 'too large');
    uploading.call.body(Buffer.alloc(1000), true);
  });

  it('an abort resets the stream at once, and the sink hears no more', async ({ device, call }) => {
    for (const beforeTheHead of [true, false]) {
      const arrived = new Promise<IncomingMessage>((resolve) => {
        device.serve = (req, res) => {
          if (!beforeTheHead) res.write('endless');
          resolve(req);
        };
      });
      const aborted = call();
      const req = await arrived;
      if (!beforeTheHead) await aborted.until(() => aborted.body.length > 0);
      const told = aborted.events.length;
      const reset = closed(req);
      aborted.call.abort();
      await reset;
      assert.equal(aborted.events.length, told);
      assert.equal(aborted.failure, undefined);
    }
  });

  it('an abort in the middle of an upload resets the stream', async ({ device, call }) => {
    const arrived = new Promise<IncomingMessage>((resolve) => {
      device.serve = resolve;
    });
    const aborted = call({ method: 'POST', bodyLength: MIB });
    aborted.call.body(Buffer.alloc(1000), false);
    const req = await arrived;
    req.on('error', () => {});
    const reset = closed(req);
    aborted.call.abort();
    await reset;
  });

  it('a call that is aborted at once reaches no sink', async ({ call }) => {
    const aborted = call();
    aborted.call.abort();
    const waiting = call({ method: 'POST', bodyLength: 10 });
    waiting.call.abort();
    waiting.call.body(Buffer.alloc(10), true);
    await call().over();
    assert.deepEqual([...aborted.events, ...waiting.events], ['returned', 'returned']);
  });

  it('a device that breaks off in the body fails the call after its head', async ({ device, call }) => {
    for (const length of ['100', undefined]) {
      device.serve = (_req, res) => {
        res.writeHead(200, length === undefined ? {} : { 'Content-Length': length }).write('some');
      };
      const broken = call();
      await broken.until(() => broken.body.length > 0);
      device.streams.at(-1)?.destroy();
      const { failure, events } = await broken.over();
      assert.deepEqual([events.at(-1), typeof failure?.code], ['fail', 'string']);
    }
  });

  it('nonsense is bad-device-response', async ({ device, call }) => {
    device.serve = (req) => req.socket.end('HTTP/1.1 20 OK\r\n\r\n');
    const { failure, events } = await call().over();
    assert.equal(failure?.code, 'bad-device-response');
    assert.deepEqual(events, ['returned', 'fail']);
  });

  it('no tunnel is device-offline', async ({ forwarder }) => {
    const target = { by: 'device', deviceId: 'no body &?/é' } as const;
    const { failure } = await new RecordedCall(forwarder, target, request()).over();
    assert.equal(failure?.code, 'device-offline');
  });

  it(
    'no answer in time is device-timeout',
    async ({ device, call }) => {
      device.serve = () => {};
      assert.equal((await call().over()).failure?.code, 'device-timeout');
    },
    { headTimeoutMs: 50 },
  );

  it('a tunnel that is lost with the request is tunnel-lost-after-send', async ({ device, call }) => {
    const arrived = new Promise<void>((resolve) => {
      device.serve = () => resolve();
    });
    const lost = call({ method: 'POST' });
    await arrived;
    await device.close();
    assert.equal((await lost.over()).failure?.code, 'tunnel-lost-after-send');
  });

  for (const [what, over] of [
    ['a target that is no path', { target: 'no-slash' }],
    ['a target with a space', { target: '/a b' }],
    ['a target with a line break', { target: '/a\r\nx: y' }],
    ['a method that is none', { method: 'GET /x' }],
    ['a field with a line break', { headers: ['host', 'd', 'x-a', 'b\r\nx: y'] }],
    ['a field that is no token', { headers: ['host', 'd', 'x a', 'b'] }],
    ['a field of the connection', { headers: ['host', 'd', 'Transfer-Encoding', 'chunked'] }],
    ['a length among the fields', { headers: ['host', 'd', 'content-length', '5'] }],
    ['a head over 64 KiB', { headers: ['host', 'd', 'x-a', 'b'.repeat(65 * 1024)] }],
  ] as const) {
    it(`${what} is bad-request, and the next call is served`, async ({ call }) => {
      const { failure, events } = await call(over as Partial<ForwardRequest>).over();
      assert.equal(failure?.code, 'bad-request');
      assert.equal(events.filter((event) => event === 'fail').length, 1);
      assert.equal((await call().over()).answer?.status, 200);
    });
  }

  it('calls do not wait for each other', async ({ device, call }) => {
    const waiting: (() => void)[] = [];
    const all = new Promise<void>((resolve) => {
      device.serve = (req, res) => {
        waiting.push(() => res.end(req.url));
        if (waiting.length === 50) resolve();
      };
    });
    const calls = Array.from({ length: 50 }, (_, i) => call({ target: `/${i}` }));
    await all;
    for (const answer of waiting.reverse()) answer();
    for (const [i, answered] of calls.entries()) assert.equal(String((await answered.over()).body), `/${i}`);
  });
}

for (const [name, open] of IMPLEMENTATIONS) forwarderContract(name, open);
