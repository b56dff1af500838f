import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingMessage } from 'node:http';
import { after, before, test } from 'node:test';
import { HEAD_GOES_ALONE } from '../../src/server/response-writer.js';
import {
  type Answer,
  begin,
  type DeviceCall,
  forward,
  openCall,
  read,
  response,
} from './kit/internal-client.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';

let proxy: ProxyProcess;
let token: string;
let device: ScriptedDevice;

before(async () => {
  proxy = await ProxyProcess.start({ hosts: 1 });
  token = (await proxy.device()).sessionToken;
  device = await ScriptedDevice.connect(proxy.tunnelUrl, token);
});
after(async () => {
  await device.close();
  await proxy.stop();
});

/** A call to which the device answers with these bytes, then FIN. */
async function exchange(bytes: string, call: DeviceCall = {}): Promise<{ answer: Answer; head: string }> {
  const answer = forward(proxy, token, call);
  const { stream, head } = await device.request();
  await stream.write(bytes);
  stream.end();
  return { answer: await answer, head };
}

test('events arrive one by one: each before the next is sent', async () => {
  const pending = begin(proxy, token, { target: '/events' });
  const { stream } = await device.request();
  await stream.write(
    'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
  );
  let events: IncomingMessage | undefined;
  for (let i = 0; i < 200; i += 1) {
    const event = `data: ${i}\n\n`;
    await stream.write(`${event.length.toString(16)}\r\n${event}\r\n`);
    // The listener sends a head without a length with the first bytes of its body.
    events ??= await pending;
    let heard = '';
    while (heard.length < event.length) {
      const [chunk] = await once(events, 'data');
      heard += chunk;
    }
    assert.equal(heard, event);
  }
  assert.ok(events);
  assert.equal(events.headers['content-type'], 'text/event-stream');
  const ended = once(events, 'end');
  await stream.write('0\r\n\r\n');
  await ended;
  assert.equal(await stream.drain().ended, 'FIN');
});

test('events of an answer without a length arrive one by one, and its end is the end of the stream', async () => {
  const pending = begin(proxy, token);
  const { stream } = await device.request();
  await stream.write('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
  await stream.write('zero');
  const events = await pending;
  assert.equal(String((await once(events, 'data'))[0]), 'zero');
  for (const event of ['one', 'two', 'three']) {
    const heard = once(events, 'data');
    await stream.write(event);
    assert.equal(String((await heard)[0]), event);
  }
  const ended = once(events, 'end');
  events.resume();
  stream.end();
  await ended;
});

test(`a head that says a length arrives ${HEAD_GOES_ALONE ? 'before' : 'with the start of'} its body`, async () => {
  const pending = begin(proxy, token);
  const { stream } = await device.request();
  await stream.write('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n');
  if (HEAD_GOES_ALONE) await pending;
  await stream.write('half');
  const answer = await pending;
  const ended = once(answer, 'end');
  const [half] = await once(answer, 'data');
  assert.equal(String(half), 'half');
  const heard = once(answer, 'data');
  await stream.write('more');
  assert.equal(String((await heard)[0]), 'more');
  stream.end();
  await ended;
});

test('a caller that waits for 100 Continue gets it before it sends its body', async () => {
  const call = openCall(proxy, token, {
    method: 'PUT',
    headers: { Expect: '100-continue', 'Content-Length': '4' },
  });
  const answer = response(call);
  const told = once(call, 'continue');
  call.flushHeaders();
  await told;
  call.end('body');
  const { stream, head } = await device.request();
  assert.doesNotMatch(head, /expect/i);
  assert.equal(String(await stream.read(4)), 'body');
  await stream.answer('stored');
  assert.equal((await read(await answer)).text, 'stored');
});

test('interim answers of the device do not reach the caller, and the final one does', async () => {
  const { answer } = await exchange(
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone',
  );
  assert.equal(answer.status, 200);
  assert.equal(answer.text, 'done');
});

test('a body without a length travels chunk by chunk, and so does its answer', async () => {
  const call = openCall(proxy, token, { method: 'POST' });
  const pending = response(call);
  call.flushHeaders();
  const { stream, head } = await device.request();
  assert.match(head, /transfer-encoding: chunked/i);
  await stream.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nbeg\r\n');
  const answer = await pending;
  assert.equal(String((await once(answer, 'data'))[0]), 'beg');
  for (const word of ['ping', 'pong', 'péng']) {
    const bytes = Buffer.from(word);
    call.write(word);
    const chunk = `${bytes.length.toString(16)}\r\n${bytes.toString('latin1')}\r\n`;
    assert.equal((await stream.read(chunk.length)).toString('latin1'), chunk);
    const heard = once(answer, 'data');
    await stream.write(chunk);
    assert.equal(String((await heard)[0]), word);
  }
  call.end();
  assert.equal(String(await stream.read(5)), '0\r\n\r\n');
  const ended = once(answer, 'end');
  await stream.write('0\r\n\r\n');
  stream.end();
  await ended;
});

test('bodiless answers and trailers leave the connection good for the next call', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const chunked = 'Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n';
  const answers = [
    ['GET', `HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\n${chunked}X-Sum: 42\r\nX-More: 1\r\n\r\n`, 200, 'body'],
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n', 200, ''],
    ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 200, ''],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n', 204, ''],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 77\r\n\r\n', 304, ''],
    ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 200, ''],
    ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast', 200, 'last'],
  ] as const;
  let kept = 0;
  agent.on('free', () => {
    kept += 1;
  });
  for (const [method, bytes, status, body] of answers) {
    const { answer } = await exchange(bytes, { method, agent });
    assert.deepEqual([answer.status, answer.text], [status, body], bytes);
    if (bytes.includes('1234')) assert.equal(answer.headers['x-forward-content-length'], '1234');
  }
  assert.equal(kept, answers.length, 'a connection was closed');
  agent.destroy();
});

for (const [framing, body] of [
  ['with a length', 'Content-Length: 8\r\n\r\ntoo much'],
  ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n8\r\ntoo much\r\n0\r\n\r\n'],
]) {
  test(`an answer ${framing} that comes before the body is whole, and the rest of the body is stopped`, async () => {
    const call = openCall(proxy, token, { method: 'PUT', headers: { 'Content-Length': '100000000' } });
    const pending = response(call);
    call.write('x'.repeat(1000));
    const { stream } = await device.request();
    await stream.write(`HTTP/1.1 413 Content Too Large\r\n${body}`);
    const answer = await read(await pending);
    assert.deepEqual([answer.status, answer.text], [413, 'too much']);
    assert.equal(answer.headers.connection, 'close');
    assert.equal(await stream.drain().ended, 'RST');
    call.destroy();
  });
}

for (const [when, bytes] of [
  ['before the answer', ''],
  ['within its body', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
  ['between events', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
] as const) {
  test(`a caller that goes away ${when} resets the device’s stream at once`, async () => {
    const call = openCall(proxy, token, { headers: { 'Content-Length': '0' } });
    const pending = response(call).catch(() => undefined);
    call.end();
    const { stream } = await device.request();
    if (bytes !== '') {
      await stream.write(bytes);
      const message = await pending;
      message?.on('error', () => {});
    }
    call.destroy();
    assert.equal(await stream.drain().ended, 'RST');
  });
}

test('a caller that goes away within its upload resets the device’s stream at once', async () => {
  const call = openCall(proxy, token, { method: 'PUT', headers: { 'Content-Length': '1000' } });
  call.write('x'.repeat(10));
  const { stream } = await device.request();
  await stream.read(10);
  call.destroy();
  assert.equal(await stream.drain().ended, 'RST');
});

test('a device that breaks its answer off cuts the caller’s connection: a part does not pass for the whole', async () => {
  for (const framing of [
    'Content-Length: 100\r\n\r\nhalf',
    'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  ]) {
    for (const how of ['end', 'reset'] as const) {
      const pending = begin(proxy, token);
      const { stream } = await device.request();
      await stream.write(`HTTP/1.1 200 OK\r\n${framing}`);
      const answer = await pending;
      const heard = once(answer, 'data');
      assert.equal(String((await heard)[0]), 'half');
      stream[how]();
      await assert.rejects(read(answer), { code: 'ECONNRESET' });
    }
  }
});

test('what is no HTTP is answered 502, and the tunnel goes on', async () => {
  for (const bytes of ['SSH-2.0-dropbear\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n', '']) {
    const { answer } = await exchange(bytes);
    assert.equal(answer.status, 502, bytes);
    assert.equal(answer.headers['x-forward-origin'], 'proxy');
    assert.equal(JSON.parse(answer.text).code, 'bad-device-response');
  }
  assert.equal((await exchange('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')).answer.text, 'ok');
});

test('a thousand calls at once over one tunnel are answered each with its own', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const answers = Promise.all(
    Array.from({ length: 1000 }, (_, i) => forward(proxy, token, { target: `/${i}`, agent })),
  );
  for (let i = 0; i < 1000; i += 1) {
    const { stream, head } = await device.request();
    void stream.answer(head.split(' ')[1] ?? '');
  }
  assert.deepEqual(
    (await answers).map(({ text }) => text),
    Array.from({ length: 1000 }, (_, i) => `/${i}`),
  );
  agent.destroy();
});
