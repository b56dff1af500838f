// These are the requests of the device client over each forwarder: credit both ways, early answers, aborts and deadlines.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { DeviceStatusError } from '../../../src/devices/client/errors.js';
import { settled } from '../../support/settled.js';
import {
  behaviour,
  closed,
  failsWith,
  is,
  MIB,
  NOWHERE,
  received,
  Source,
  showOverEachForwarder,
  Watched,
  WITH,
} from './kit.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Most of a body that may be on its way to a device that does not read: windows, and buffers of the kernel. */
const MOST_UNDER_WAY = 24 * MIB;

behaviour(
  'a request arrives with its fields, and its answer with its own',
  async ({ client, device, camera }) => {
    let seen: IncomingMessage | undefined;
    device.serve = (req, res) => {
      seen = req;
      res.writeHead(203, { 'X-One': '1', 'Upload-Offset': '7' }).end('hello');
    };
    const response = await client.request(camera, {
      ...WITH,
      method: 'GET',
      path: '/a?b=c',
      headers: { 'x-mine': 'yes' },
    });
    assert.deepEqual([seen?.method, seen?.url], ['GET', '/a?b=c']);
    const { host, 'x-request-id': id, 'x-visiona-user': user, 'x-mine': mine } = seen!.headers;
    assert.deepEqual([host, id, user, mine], ['device', 'request-1', 'user', 'yes']);
    assert.deepEqual([response.status, response.ok], [203, true]);
    assert.deepEqual([response.header('upload-offset'), response.header('x-none')], ['7', undefined]);
    assert.ok(response.headMs > 0);
    assert.equal(String(await response.bytes(5)), 'hello');
  },
);

behaviour(
  'a reader that waits holds the device back, and gets all in the end',
  async ({ client, device, camera }) => {
    const sent = randomBytes(16 * MIB);
    let written = 0;
    device.serve = (_req, res) => {
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
    const response = await client.request(camera, { ...WITH, method: 'GET', path: '/' });
    await settled(() => written);
    assert.ok(written < sent.length, 'the device was not held back');
    assert.equal(sha256(await response.bytes(sent.length)), sha256(sent));
  },
);

behaviour('a reader that leaves the loop resets the stream', async ({ client, device, camera }) => {
  let arrived: IncomingMessage | undefined;
  device.serve = (req, res) => {
    arrived = req;
    res.write(Buffer.alloc(100_000));
  };
  const response = await client.request(camera, { ...WITH, method: 'GET', path: '/' });
  const reset = closed(arrived!);
  for await (const chunk of response.body) {
    assert.ok(chunk.length > 0);
    break;
  }
  await reset;
  await assert.rejects(response.bytes(1), /given up/);
});

behaviour(
  'an answer that nobody reads is given up by discard',
  async ({ client, device, camera, unread }) => {
    device.serve = (_req, res) => res.end(Buffer.alloc(1000));
    const response = await client.request(camera, { ...WITH, method: 'GET', path: '/' });
    await settled(() => unread.unreadBytes);
    assert.equal(unread.unreadBytes, 1000);
    response.discard();
    assert.equal(unread.unreadBytes, 0);
  },
);

for (const length of [16 * MIB, undefined]) {
  behaviour(`a body of ${length ?? 'unknown'} bytes arrives whole`, async ({ client, device, camera }) => {
    const sent = randomBytes(16 * MIB);
    device.serve = async (req, res) => {
      const { 'content-length': told = 'chunked' } = req.headers;
      res.end(`${told} ${sha256(await received(req))}`);
    };
    // Of uneven chunks, some larger than all credit, some empty.
    const sizes = [1, 300_000, 0, 65_536, 17, 1_000_000];
    let at = 0;
    const source = new Source((index) => {
      if (at === sent.length) return undefined;
      const chunk = sent.subarray(at, at + sizes[index % sizes.length]!);
      at += chunk.length;
      return chunk;
    });
    const response = await client.request(camera, {
      ...WITH,
      method: 'PUT',
      path: '/',
      body: { source, length },
    });
    assert.equal(String(await response.bytes(200)), `${length ?? 'chunked'} ${sha256(sent)}`);
    assert.equal(source.isClosed, true);
  });
}

behaviour('bodies of bytes arrive, the empty one too', async ({ client, device, camera }) => {
  device.serve = async (req, res) => res.end(`${req.headers['content-length']} ${await received(req)}`);
  for (const text of ['', 'hello']) {
    const body = Buffer.from(text);
    const response = await client.request(camera, { ...WITH, method: 'POST', path: '/', body });
    assert.equal(String(await response.bytes(100)), `${text.length} ${text}`);
  }
});

behaviour('a device that does not read stops the source', async ({ client, device, camera }) => {
  device.serve = () => {};
  const source = new Source(() => Buffer.alloc(64 * 1024));
  const watched = new Watched();
  const request = client.request(camera, {
    ...WITH,
    method: 'PUT',
    path: '/',
    body: { source, length: 1024 * MIB },
    signal: watched.signal,
  });
  await settled(() => source.pulled);
  assert.ok(source.pulled * 64 * 1024 < MOST_UNDER_WAY, `${source.pulled} chunks were read`);
  watched.abort();
  await assert.rejects(request, is(watched.reason));
  await settled(() => (source.isClosed ? 1 : 0), 1);
});

behaviour('an early answer stops the source: a whole one, and the head of a refusal', async (under) => {
  const { client, device, camera } = under;
  for (const isWhole of [true, false]) {
    device.serve = (_req, res) => {
      if (isWhole) res.writeHead(200, { 'Content-Length': 6 }).end('enough');
      else res.writeHead(413).write('enough');
    };
    let go = (): void => {};
    const answered = new Promise<void>((resolve) => {
      go = resolve;
    });
    const source = new Source((index) =>
      index === 0 ? Buffer.alloc(10) : answered.then(() => Buffer.alloc(10)),
    );
    const response = await client.request(camera, {
      ...WITH,
      method: 'PUT',
      path: '/',
      body: { source, length: undefined },
    });
    assert.equal(response.status, isWhole ? 200 : 413);
    if (isWhole) assert.equal(String(await response.bytes(6)), 'enough');
    go();
    await settled(() => (source.isClosed ? 1 : 0), 1);
    assert.equal(source.pulled, 2);
    response.discard();
  }
});

behaviour(
  'a source that throws, or has another length, resets the call',
  async ({ client, device, camera }) => {
    const broken = new Error('the disk is broken');
    const ends: [() => Promise<Uint8Array | undefined>, (error: unknown) => boolean][] = [
      [() => Promise.reject(broken), (error) => error === broken],
      [() => Promise.resolve(undefined), (error) => error instanceof RangeError],
      [() => Promise.resolve(Buffer.alloc(91)), (error) => error instanceof RangeError],
    ];
    for (const [end, expected] of ends) {
      const arrived = new Promise<IncomingMessage>((resolve) => {
        device.serve = resolve;
      });
      const source = new Source((index) => (index === 0 ? Buffer.alloc(10) : arrived.then(end)));
      const body = { source, length: 100 };
      const request = client.request(camera, { ...WITH, method: 'PUT', path: '/', body });
      const rejected = assert.rejects(request, expected);
      const req = await arrived;
      req.on('error', () => {});
      await Promise.all([rejected, closed(req)]);
      assert.equal(source.isClosed, true);
    }
  },
);

behaviour(
  'a signal ends a call before it, before its head, and in its body',
  async ({ client, device, camera }) => {
    const early = new Watched();
    early.abort();
    const never = client.request(camera, { ...WITH, method: 'GET', path: '/', signal: early.signal });
    await assert.rejects(never, is(early.reason));

    for (const isAnswered of [false, true]) {
      const watched = new Watched();
      const { signal } = watched;
      const arrived = new Promise<IncomingMessage>((resolve) => {
        device.serve = (req, res) => {
          if (isAnswered) res.write('some');
          resolve(req);
        };
      });
      const request = client.request(camera, { ...WITH, method: 'GET', path: '/', signal });
      const reset = closed(await arrived);
      const body = isAnswered ? (await request).bytes(100) : request;
      watched.abort();
      await assert.rejects(body, is(watched.reason));
      await reset;
      assert.equal(watched.listeners, 0);
    }
  },
);

behaviour('a deadline ends a call before its head, and in its body', async ({ client, device, camera }) => {
  for (const isAnswered of [false, true]) {
    device.serve = (_req, res) => void (isAnswered && res.write('some'));
    const request = client.request(camera, { ...WITH, method: 'GET', path: '/', deadlineMs: 100 });
    const body = request.then((response) => response.bytes(100));
    await assert.rejects(body, failsWith('device-timeout'));
  }
});

behaviour(
  'a call that is over holds no listener, whatever its deadline',
  async ({ client, device, camera }) => {
    const watched = new Watched();
    const bounds = { signal: watched.signal, deadlineMs: 2 ** 40 };
    device.serve = (_req, res) => res.end('whole');
    const read = await client.request(camera, { ...WITH, ...bounds, method: 'GET', path: '/' });
    assert.equal(watched.listeners, 1);
    await read.bytes(5);
    assert.equal(watched.listeners, 0);
    await client.ping(camera, { ...WITH, ...bounds });
    assert.equal(watched.listeners, 0);
    watched.abort();
  },
);

behaviour('failures of the way there have their codes', async ({ client, device, camera }) => {
  await assert.rejects(client.ping(NOWHERE, WITH), failsWith('device-offline'));
  const bad = client.request(camera, { ...WITH, method: 'GET', path: 'no-slash' });
  await assert.rejects(bad, failsWith('bad-request'));
  device.serve = (req) => req.socket.end('HTTP/1.1 20 OK\r\n\r\n');
  await assert.rejects(client.ping(camera, WITH), failsWith('bad-device-response'));
  device.serve = (_req, res) => void res.write('some');
  const cut = await client.request(camera, { ...WITH, method: 'GET', path: '/' });
  device.streams.at(-1)?.destroy();
  await assert.rejects(cut.bytes(100), (error: { problem?: unknown }) => typeof error.problem === 'string');
});

behaviour('any answer is an answer to a ping', async ({ client, device, camera }) => {
  for (const status of [200, 204, 404, 503]) {
    device.serve = (req, res) => res.writeHead(req.method === 'HEAD' ? status : 500).end();
    assert.ok((await client.ping(camera, WITH)) > 0);
  }
});

const MODULE = z.object({ id: z.string(), port: z.int() });

behaviour('JSON is sent, and its answer read by its schema', async ({ client, device, camera }) => {
  device.serve = async (req, res) => {
    const { 'content-type': type, accept } = req.headers;
    assert.match(accept ?? '', /application\/json/);
    res.end(JSON.stringify({ id: `${type} ${await received(req)}`, port: 1, more: true }));
  };
  const request = { ...WITH, method: 'POST', path: '/', payload: { a: [1] } };
  assert.deepEqual(await client.json(camera, request, MODULE), {
    id: 'application/json {"a":[1]}',
    port: 1,
  });
});

behaviour('nonsense in place of JSON is bad-device-response, and says nothing of it', async (under) => {
  const { client, device, camera } = under;
  const secret = 'device-says';
  for (const text of [
    '',
    secret,
    `{"id":"${secret}"`,
    `{"id":"${secret}","port":"${secret}"}`,
    '\xff\xfe',
    JSON.stringify({ id: secret.repeat(1000), port: 1 }),
  ]) {
    device.serve = (_req, res) => res.end(Buffer.from(text, 'latin1'));
    const request = { ...WITH, method: 'GET', path: '/', maxBytes: 1000 };
    await assert.rejects(client.json(camera, request, MODULE), (error: Error) => {
      failsWith('bad-device-response')(error);
      assert.ok(!error.message.includes(secret));
      return true;
    });
  }
});

behaviour('another status than 2xx is an error with its status and its document', async (under) => {
  const { client, device, camera } = under;
  for (const [body, document] of [
    ['{"code":"module-busy","detail":"flashing"}', { code: 'module-busy', detail: 'flashing' }],
    ['<html>', undefined],
    ['[]', undefined],
  ] as const) {
    device.serve = (_req, res) => res.writeHead(409).end(body);
    const request = { ...WITH, method: 'POST', path: '/', payload: {} };
    await assert.rejects(client.json(camera, request, MODULE), (error: unknown) => {
      assert.ok(error instanceof DeviceStatusError);
      assert.deepEqual([error.status, error.problem], [409, 'bad-device-response']);
      assert.deepEqual(error.document, document);
      assert.ok(!error.message.includes('flashing'));
      return true;
    });
  }
});

showOverEachForwarder();
