import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_CHUNK_OVERHEAD, MAX_HEAD_BYTES, MAX_HEADERS } from '../../src/http1/response-parser.js';
import { parse } from './record.js';

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

function headOf(bytes: number): string {
  const frame = `${OK}X: \r\n\r\n`.length;
  return `${OK}X: ${'v'.repeat(bytes - frame)}\r\n\r\n`;
}

function last(text: string, options: Parameters<typeof parse>[1] = {}): unknown {
  return parse(text, options).events.at(-1);
}

/** Cuts every `step` bytes. */
function cutsOf(text: string, step: number): number[] {
  return Array.from({ length: Math.ceil(text.length / step) }, (_, i) => i * step);
}

for (const step of [Number.POSITIVE_INFINITY, 16 * 1024, 4093, 61]) {
  const cut = (text: string) => ({ cuts: Number.isFinite(step) ? cutsOf(text, step) : [] });

  test(`head size, cut every ${step} bytes`, () => {
    const most = headOf(MAX_HEAD_BYTES);
    assert.deepEqual(last(most, cut(most)), ['complete']);
    const more = headOf(MAX_HEAD_BYTES + 1);
    assert.deepEqual(parse(more, cut(more)).events, [['failed', 'ERR_HTTP1_HEAD_TOO_LARGE']]);
  });

  test(`a head without end, cut every ${step} bytes`, () => {
    const endless = OK + 'X'.repeat(MAX_HEAD_BYTES * 2);
    assert.deepEqual(parse(endless, cut(endless)).events, [['failed', 'ERR_HTTP1_HEAD_TOO_LARGE']]);
  });

  test(`interim heads count together, cut every ${step} bytes`, () => {
    const endless = 'HTTP/1.1 102 P\r\n\r\n'.repeat(MAX_HEAD_BYTES / 10);
    assert.deepEqual(last(endless, cut(endless)), ['failed', 'ERR_HTTP1_HEAD_TOO_LARGE']);
  });

  test(`number of fields, cut every ${step} bytes`, () => {
    const most = `${OK}${'A: b\r\n'.repeat(MAX_HEADERS)}\r\n`;
    assert.deepEqual(last(most, cut(most)), ['complete']);
    const more = `${OK}${'A: b\r\n'.repeat(MAX_HEADERS + 1)}\r\n`;
    assert.deepEqual(parse(more, cut(more)).events, [['failed', 'ERR_HTTP1_TOO_MANY_HEADERS']]);
  });

  test(`number of trailers, cut every ${step} bytes`, () => {
    const most = `${CHUNKED}0\r\n${'A: b\r\n'.repeat(MAX_HEADERS)}\r\n`;
    assert.deepEqual(last(most, cut(most)), ['complete']);
    const more = `${CHUNKED}0\r\n${'A: b\r\n'.repeat(MAX_HEADERS + 1)}\r\n`;
    assert.deepEqual(last(more, cut(more)), ['failed', 'ERR_HTTP1_TOO_MANY_HEADERS']);
  });

  test(`chunk extension, cut every ${step} bytes`, () => {
    const frame = '1;\r\n'.length;
    const most = `${CHUNKED}1;${'e'.repeat(MAX_CHUNK_OVERHEAD - frame)}\r\nx\r\n`;
    assert.deepEqual(last(most, { ...cut(most), finish: false }), ['body', 'x']);
    const more = `${CHUNKED}1;${'e'.repeat(MAX_CHUNK_OVERHEAD - frame + 1)}\r\nx\r\n`;
    assert.deepEqual(last(more, cut(more)), ['failed', 'ERR_HTTP1_HEAD_TOO_LARGE']);
  });

  test(`small extensions on small chunks add up, cut every ${step} bytes`, () => {
    const wasteful = `${CHUNKED}${`1;${'e'.repeat(100)}\r\nx\r\n`.repeat(400)}`;
    assert.deepEqual(last(wasteful, cut(wasteful)), ['failed', 'ERR_HTTP1_HEAD_TOO_LARGE']);
  });

  test(`one byte a chunk is no waste, cut every ${step} bytes`, () => {
    const slow = `${CHUNKED}${'1\r\nx\r\n'.repeat(20_000)}0\r\n\r\n`;
    assert.deepEqual(last(slow, cut(slow)), ['complete']);
  });

  test(`trailers, cut every ${step} bytes`, () => {
    const endless = `${CHUNKED}0\r\nX: ${'v'.repeat(MAX_CHUNK_OVERHEAD)}`;
    assert.deepEqual(last(endless, cut(endless)), ['failed', 'ERR_HTTP1_HEAD_TOO_LARGE']);
  });

  test(`a long body in all framings, cut every ${step} bytes`, () => {
    const body = 'b'.repeat(300_000);
    const texts = [
      `${OK}Content-Length: ${body.length}\r\n\r\n${body}`,
      `${OK}\r\n${body}`,
      `${CHUNKED}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    ];
    for (const text of texts) {
      assert.deepEqual(parse(text, cut(text)).events.slice(1), [['body', body], ['complete']]);
    }
  });
}

test('limits can be set', () => {
  const text = `${OK}A: b\r\nC: d\r\n\r\n`;
  assert.deepEqual(last(text, { maxHeaders: 2, maxHeadBytes: text.length }), ['complete']);
  assert.deepEqual(last(text, { maxHeaders: 1 }), ['failed', 'ERR_HTTP1_TOO_MANY_HEADERS']);
  assert.deepEqual(last(text, { maxHeadBytes: text.length - 1 }), ['failed', 'ERR_HTTP1_HEAD_TOO_LARGE']);
});
