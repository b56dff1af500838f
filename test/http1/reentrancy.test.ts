import assert from 'node:assert/strict';
import { test } from 'node:test';
import { llhttp } from '../../src/http1/llhttp.js';
import { createResponseParser } from '../../src/http1/response-parser.js';
import { parse, Recorder } from './record.js';

const TEXT = [
  'HTTP/1.1 103 Early\r\nLink: a\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
  '3\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n',
].join('');
const OTHERS = [
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nZZZZZZZZZ\r\n0\r\n\r\n',
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 200 OK\r\n\r\nuntil close',
  'nonsense',
];
const EVENTS = ['informational', 'head', 'body', 'trailers', 'complete'] as const;

/** Calls `inside` in every event of `kind`, after it is recorded. */
function recorderWith(kind: (typeof EVENTS)[number] | 'failed', inside: () => void): Recorder {
  const recorder = new Recorder();
  const record = (recorder[kind] as (...args: unknown[]) => void).bind(recorder);
  return Object.assign(recorder, {
    [kind]: (...args: unknown[]) => {
      record(...args);
      inside();
    },
  });
}

for (const kind of EVENTS) {
  for (const other of OTHERS) {
    test(`another response is parsed inside ${kind}: ${other.slice(9, 24)}`, () => {
      const expected = parse(other);
      const chunk = Buffer.from(TEXT);
      const recorder = recorderWith(kind, () => assert.deepEqual(parse(other), expected));
      const parser = createResponseParser(recorder, { method: 'GET' });
      assert.equal(parser.execute(chunk), chunk.length);
      parser.free();
      assert.deepEqual(recorder.events, parse(TEXT).events);
    });
  }

  test(`free inside ${kind} is the end`, () => {
    const chunk = Buffer.from(TEXT);
    const recorder = recorderWith(kind, () => {
      parser.free();
      // What is freed may be taken at once by another.
      assert.deepEqual(parse(TEXT), expected);
    });
    const expected = parse(TEXT);
    const parser = createResponseParser(recorder, { method: 'GET' });
    parser.execute(chunk);
    assert.equal(recorder.events.at(-1)?.[0], kind);
    const { length } = recorder.events;
    assert.equal(parser.execute(chunk), 0);
    parser.finish();
    assert.equal(recorder.events.length, length);
  });

  test(`a throw inside ${kind} reaches the caller and harms no other response`, () => {
    const boom = new Error('boom');
    const before = llhttp().memoryBytes;
    for (let i = 0; i < 2_000; i++) {
      const recorder = recorderWith(kind, () => {
        throw boom;
      });
      const parser = createResponseParser(recorder, { method: 'GET' });
      assert.throws(() => parser.execute(Buffer.from(TEXT)), boom);
      assert.equal(parser.execute(Buffer.from(TEXT)), 0);
      parser.finish();
      parser.free();
      assert.equal(recorder.events.at(-1)?.[0], kind);
    }
    assert.equal(llhttp().memoryBytes, before);
    assert.deepEqual(parse(TEXT).events.at(-1), ['complete']);
  });
}

test('free inside the head of a bodyless response: complete is not told', () => {
  const recorder = recorderWith('head', () => parser.free());
  const parser = createResponseParser(recorder, { method: 'HEAD' });
  parser.execute(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'));
  assert.deepEqual(
    recorder.events.map(([kind]) => kind),
    ['head'],
  );
});

test('free inside failed', () => {
  const recorder = recorderWith('failed', () => parser.free());
  const parser = createResponseParser(recorder, { method: 'GET' });
  parser.execute(Buffer.from('HTTP/1.1 200 OK\r\nA: \0\r\n\r\n'));
  assert.deepEqual(recorder.events, [['failed', 'ERR_HTTP1_MALFORMED']]);
});

test('the same chunk object with other bytes is read anew', () => {
  const chunk = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\naaaaa\r\n');
  const recorder = new Recorder();
  const parser = createResponseParser(recorder, { method: 'GET' });
  parser.execute(chunk);
  chunk.fill('0');
  chunk.write('3\r\nbbb\r\n0\r\n\r\n');
  parser.execute(chunk);
  parser.free();
  assert.deepEqual(recorder.events.slice(1), [['body', 'aaaaabbb'], ['complete']]);
});

test('a plain build serves where SIMD is not', async () => {
  const { createRequire } = await import('node:module');
  const plain = createRequire(import.meta.url)('undici/lib/llhttp/llhttp-wasm.js');
  const { Llhttp } = await import('../../src/http1/llhttp.js');
  const instance = new Llhttp(plain);
  const parser = instance.acquire();
  const chunk = Buffer.from('HTTP/1.1 204 No Content\r\n\r\n');
  const run = instance.parse(parser, chunk, 0, chunk.length, 1);
  assert.deepEqual([run.stop, run.status, run.end], ['head', 204, chunk.length]);
  instance.release(parser);
});
