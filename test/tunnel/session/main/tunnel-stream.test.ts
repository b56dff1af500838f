import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { getEventListeners, once } from 'node:events';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { tunnelKey } from '../../../../src/contract/tunnel-key.js';
import { ProxyFixture } from '../../../support/proxy-fixture.js';

const streamTest = (
  name: string,
  serve: (stream: Duplex) => void,
  body: (t: Opened) => Promise<void>,
): void => {
  test(name, async () => {
    const fixture = await ProxyFixture.start();
    try {
      const device = await fixture.rawDevice('camera', serve);
      await body({ device, handle: await fixture.proxy.store.lookup(tunnelKey('camera')) });
    } finally {
      await fixture.close();
    }
  });
};

interface Opened {
  readonly device: Awaited<ReturnType<ProxyFixture['rawDevice']>>;
  readonly handle: Awaited<ReturnType<ProxyFixture['proxy']['store']['lookup']>>;
}

const echo = (stream: Duplex) => stream.pipe(stream);

streamTest(
  '4 MiB go up a raw stream and come back intact, though the reader waits for each half',
  echo,
  async (t) => {
    const sent = randomBytes(4 << 20);
    const stream = await t.handle.openStream();
    stream.end(sent);
    const back = createHash('sha256');
    let bytes = 0;
    for await (const chunk of stream) {
      back.update(chunk);
      bytes += chunk.length;
    }
    assert.equal(bytes, sent.length);
    assert.equal(back.digest('hex'), createHash('sha256').update(sent).digest('hex'));
  },
);

streamTest(
  'a raw stream half-closes either way',
  (stream) => {
    let heard = '';
    stream.on('data', (chunk) => {
      heard += chunk;
    });
    stream.on('end', () => stream.end(`heard ${heard}`));
  },
  async (t) => {
    const stream = await t.handle.openStream();
    stream.end('hello');
    assert.equal(await text(stream), 'heard hello');
  },
);

test('destroying a raw stream resets it at the device', async () => {
  const fixture = await ProxyFixture.start();
  try {
    let told: (error: Error) => void = () => {};
    const error = new Promise<Error>((resolve) => {
      told = resolve;
    });
    await fixture.rawDevice('camera', (stream) => {
      stream.on('error', told);
      stream.write('ready');
    });
    const stream = await (await fixture.proxy.store.lookup(tunnelKey('camera'))).openStream();
    await once(stream, 'data');
    stream.destroy();
    assert.equal(((await error) as NodeJS.ErrnoException).code, 'ERR_YAMUX_STREAM_RESET');
  } finally {
    await fixture.close();
  }
});

streamTest('aborting the signal destroys the stream with its reason', echo, async (t) => {
  const abort = new AbortController();
  const stream = await t.handle.openStream(abort.signal);
  const failed = once(stream, 'error');
  abort.abort(new Error('no longer wanted'));
  assert.match(String((await failed)[0]), /no longer wanted/);
  await assert.rejects(t.handle.openStream(abort.signal), /no longer wanted/);
});

streamTest('the end of the tunnel destroys its raw streams with ERR_SESSION_CLOSED', echo, async (t) => {
  const stream = await t.handle.openStream();
  stream.write('hello');
  await once(stream, 'data');
  const failed = once(stream, 'error');
  await t.device.close();
  assert.equal((await failed)[0].code, 'ERR_SESSION_CLOSED');
  await assert.rejects(t.handle.openStream(), { code: 'ERR_SESSION_CLOSED' });
});

streamTest('a tunnel that is lost under a raw stream ends nothing but the stream', echo, async (t) => {
  const stream = await t.handle.openStream();
  stream.write('hello');
  await once(stream, 'data');
  // No listener of 'error': it must not become an uncaught exception.
  const closed = new Promise((resolve) => stream.once('close', resolve));
  await t.device.close();
  await closed;
  assert.equal((stream.errored as NodeJS.ErrnoException | null)?.code, 'ERR_SESSION_CLOSED');
});

streamTest('a stream leaves nothing at the signal that it was opened with', echo, async (t) => {
  const { signal } = new AbortController();
  for (let streams = 0; streams < 3; streams += 1) {
    const stream = await t.handle.openStream(signal);
    stream.destroy();
    await once(stream, 'close');
  }
  assert.equal(getEventListeners(signal, 'abort').length, 0);
  const stream = await t.handle.openStream(signal);
  stream.end('all');
  assert.equal(await text(stream), 'all');
  assert.equal(getEventListeners(signal, 'abort').length, 0);
});

streamTest(
  'a device that refuses streams gives ERR_STREAM_REFUSED',
  () => {},
  async (t) => {
    const draining = t.device.tunnel.drain(10_000);
    const stream = await t.handle.openStream().catch((error: NodeJS.ErrnoException) => error);
    if (!(stream instanceof Error)) {
      const [error] = await once(stream, 'error');
      assert.ok(['ERR_STREAM_REFUSED', 'ERR_SESSION_CLOSED'].includes(error.code), error.code);
    }
    await draining;
  },
);

streamTest(
  'a device that resets a stream gives ERR_STREAM_RESET',
  (stream) => {
    stream.write('ready');
    stream.once('data', () => stream.destroy());
  },
  async (t) => {
    const stream = await t.handle.openStream();
    await once(stream, 'data');
    const failed = once(stream, 'error');
    stream.write('hello');
    assert.equal((await failed)[0].code, 'ERR_STREAM_RESET');
    assert.equal(t.handle.isClosed(), false);
  },
);
