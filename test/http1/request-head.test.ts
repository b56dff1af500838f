import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  MAX_METHOD_BYTES,
  MAX_REQUEST_HEAD_BYTES,
  MAX_TARGET_BYTES,
  type RequestFraming,
  RequestHead,
  type RequestHeadErrorCode,
} from '../../src/http1/request-head.js';
import { sized } from '../support/sized.js';

const NONE: RequestFraming = { kind: 'none' };

function write(method: string, target: string, fields: [string, string][], framing: RequestFraming): string {
  const head = new RequestHead();
  head.start(method, target);
  for (const [name, value] of fields) head.header(name, value);
  return Buffer.from(head.end(framing)).toString('latin1');
}

const WRITTEN: [name: string, framing: RequestFraming, tail: string][] = [
  ['no body', NONE, 'connection: close\r\n\r\n'],
  ['a counted body', { kind: 'length', contentLength: 5 }, 'content-length: 5\r\nconnection: close\r\n\r\n'],
  ['an empty body', { kind: 'length', contentLength: 0 }, 'content-length: 0\r\nconnection: close\r\n\r\n'],
  ['a chunked body', { kind: 'chunked' }, 'transfer-encoding: chunked\r\nconnection: close\r\n\r\n'],
  [
    'an upgrade',
    { kind: 'upgrade', protocol: 'websocket' },
    'connection: upgrade\r\nupgrade: websocket\r\n\r\n',
  ],
  [
    'a versioned upgrade',
    { kind: 'upgrade', protocol: 'a/1' },
    'connection: upgrade\r\nupgrade: a/1\r\n\r\n',
  ],
];

for (const [name, framing, tail] of WRITTEN) {
  test(`writes a head with ${name}`, () => {
    assert.equal(
      write(
        'POST',
        '/a?b=%20',
        [
          ['host', 'edge'],
          ['x-empty', ''],
          ['X-Latin', 'caf\xe9\t'],
        ],
        framing,
      ),
      `POST /a?b=%20 HTTP/1.1\r\nhost: edge\r\nx-empty: \r\nX-Latin: caf\xe9\t\r\n${tail}`,
    );
  });
}

test('OPTIONS * is written', () => {
  assert.equal(write('OPTIONS', '*', [], NONE), 'OPTIONS * HTTP/1.1\r\nconnection: close\r\n\r\n');
});

test('one builder writes many heads', () => {
  const head = new RequestHead();
  head.start('GET', '/long');
  head.header('x', 'y'.repeat(10_000));
  assert.equal(
    head.end(NONE).length,
    10_000 + 'GET /long HTTP/1.1\r\nx: \r\nconnection: close\r\n\r\n'.length,
  );
  head.start('GET', '/');
  assert.equal(Buffer.from(head.end(NONE)).toString(), 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n');
});

const REFUSED: [name: string, code: RequestHeadErrorCode, attempt: (head: RequestHead) => void][] = [
  ['an empty method', 'ERR_HTTP1_INVALID_METHOD', (head) => head.start('', '/')],
  ['a method with a space', 'ERR_HTTP1_INVALID_METHOD', (head) => head.start('GET /x', '/')],
  ['a method with a line end', 'ERR_HTTP1_INVALID_METHOD', (head) => head.start('GET\r\n', '/')],
  ['CONNECT', 'ERR_HTTP1_INVALID_METHOD', (head) => head.start('CONNECT', '/')],
  ['a long method', 'ERR_HTTP1_INVALID_METHOD', (head) => head.start('A'.repeat(MAX_METHOD_BYTES + 1), '/')],
  ['an empty target', 'ERR_HTTP1_INVALID_TARGET', (head) => head.start('GET', '')],
  ['an absolute target', 'ERR_HTTP1_INVALID_TARGET', (head) => head.start('GET', 'http://edge/')],
  ['* with GET', 'ERR_HTTP1_INVALID_TARGET', (head) => head.start('GET', '*')],
  ['a target with a space', 'ERR_HTTP1_INVALID_TARGET', (head) => head.start('GET', '/a HTTP/1.1')],
  ['a target with a line end', 'ERR_HTTP1_INVALID_TARGET', (head) => head.start('GET', '/a\r\nx: y')],
  ['a target with a NUL', 'ERR_HTTP1_INVALID_TARGET', (head) => head.start('GET', '/\0')],
  ['a target beyond ASCII', 'ERR_HTTP1_INVALID_TARGET', (head) => head.start('GET', '/\xe9')],
  ['a target beyond latin1', 'ERR_HTTP1_INVALID_TARGET', (head) => head.start('GET', '/\u{10a}')],
  [
    'a long target',
    'ERR_HTTP1_INVALID_TARGET',
    (head) => head.start('GET', `/${'a'.repeat(MAX_TARGET_BYTES)}`),
  ],
  ['an empty name', 'ERR_HTTP1_INVALID_FIELD_NAME', (head) => head.header('', 'x')],
  ['a name with a colon', 'ERR_HTTP1_INVALID_FIELD_NAME', (head) => head.header('a:', 'x')],
  ['a name with a line end', 'ERR_HTTP1_INVALID_FIELD_NAME', (head) => head.header('a\r\nb', 'x')],
  ['a name beyond ASCII', 'ERR_HTTP1_INVALID_FIELD_NAME', (head) => head.header('\u0161', 'x')],
  ['a value with CR', 'ERR_HTTP1_INVALID_FIELD_VALUE', (head) => head.header('a', 'x\ry')],
  ['a value with LF', 'ERR_HTTP1_INVALID_FIELD_VALUE', (head) => head.header('a', 'x\ny')],
  ['a value with NUL', 'ERR_HTTP1_INVALID_FIELD_VALUE', (head) => head.header('a', '\0')],
  // Written as one byte, U+010D would be a carriage return.
  ['a value beyond latin1', 'ERR_HTTP1_INVALID_FIELD_VALUE', (head) => head.header('a', '\u010d\u010a')],
  ['Transfer-Encoding', 'ERR_HTTP1_FIELD_NOT_ALLOWED', (head) => head.header('Transfer-Encoding', 'chunked')],
  ['Content-Length', 'ERR_HTTP1_FIELD_NOT_ALLOWED', (head) => head.header('content-LENGTH', '1')],
  ['Connection', 'ERR_HTTP1_FIELD_NOT_ALLOWED', (head) => head.header('connection', 'x')],
  [
    'a negative length',
    'ERR_HTTP1_INVALID_FRAMING',
    (head) => head.end({ kind: 'length', contentLength: -1 }),
  ],
  [
    'a length of NaN',
    'ERR_HTTP1_INVALID_FRAMING',
    (head) => head.end({ kind: 'length', contentLength: Number.NaN }),
  ],
  [
    'an upgrade to two',
    'ERR_HTTP1_INVALID_FRAMING',
    (head) => head.end({ kind: 'upgrade', protocol: 'a, b' }),
  ],
  ['an upgrade to none', 'ERR_HTTP1_INVALID_FRAMING', (head) => head.end({ kind: 'upgrade', protocol: '' })],
];

for (const [name, code, attempt] of REFUSED) {
  test(`refuses ${name}, and starts anew after it`, () => {
    const head = new RequestHead();
    head.start('GET', '/');
    assert.throws(() => attempt(head), { name: 'RequestHeadError', code });
    head.start('GET', '/');
    assert.equal(Buffer.from(head.end(NONE)).toString(), 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n');
  });
}

test('a head may be as long as the limit, and not a byte longer', () => {
  const frame = 'GET / HTTP/1.1\r\nx: \r\nconnection: close\r\n\r\n'.length;
  const most = 'y'.repeat(MAX_REQUEST_HEAD_BYTES - frame);
  assert.equal(write('GET', '/', [['x', most]], NONE).length, MAX_REQUEST_HEAD_BYTES);
  assert.throws(() => write('GET', '/', [['x', `${most}y`]], NONE), {
    code: 'ERR_HTTP1_REQUEST_HEAD_TOO_LARGE',
  });
});

test('property: what is written has the lines asked for, whatever the strings', () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 });
  fc.assert(
    fc.property(text, text, fc.array(fc.tuple(text, text), { maxLength: 5 }), (method, target, fields) => {
      let written: string;
      try {
        written = write(method, target, fields, NONE);
      } catch (error) {
        assert.equal((error as Error).name, 'RequestHeadError');
        return;
      }
      const lines = written.split('\r\n');
      assert.equal(lines.length, fields.length + 4);
      assert.ok(!/[\r\n\0]/.test(lines.join('')));
    }),
    { numRuns: sized(500, 50_000) },
  );
});
