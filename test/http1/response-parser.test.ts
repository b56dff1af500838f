import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawHeaders } from '../../src/http1/contract.js';
import { createResponseParser } from '../../src/http1/response-parser.js';
import { type Event, parse, Recorder } from './record.js';

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

function head(
  status: number,
  reason: string,
  headers: RawHeaders,
  body: { contentLength?: number; bodyless?: boolean; upgrade?: boolean } = {},
): Event {
  return [
    'head',
    status,
    reason,
    headers,
    { contentLength: undefined, bodyless: false, upgrade: false, ...body },
  ];
}

interface Valid {
  readonly name: string;
  readonly text: string;
  readonly method?: string;
  readonly events: Event[];
  /** Bytes after the response. */
  readonly rest?: string;
}

const TE: RawHeaders = ['Transfer-Encoding', 'chunked'];

const VALID: Valid[] = [
  {
    name: 'Content-Length, with bytes after it',
    text: `${OK}A: b\r\nContent-Length: 3\r\n\r\nabcdef`,
    events: [
      head(200, 'OK', ['A', 'b', 'Content-Length', '3'], { contentLength: 3 }),
      ['body', 'abc'],
      ['complete'],
    ],
    rest: 'def',
  },
  {
    name: 'Content-Length 0',
    text: `${OK}content-length: 0\r\n\r\nx`,
    events: [head(200, 'OK', ['content-length', '0'], { contentLength: 0, bodyless: true }), ['complete']],
    rest: 'x',
  },
  {
    name: 'until close',
    text: `${OK}\r\nabc`,
    events: [head(200, 'OK', []), ['body', 'abc'], ['complete']],
  },
  {
    name: 'until close, HTTP/1.0 and an empty body',
    text: 'HTTP/1.0 404 Not Found\r\nConnection: close\r\n\r\n',
    events: [head(404, 'Not Found', ['Connection', 'close']), ['complete']],
  },
  {
    name: 'chunked with extensions and trailers',
    text: `${CHUNKED}3\r\nabc\r\n2;x=y;z="q\\"q"\r\nde\r\n0;last\r\nT: v \r\nU:\r\n\r\nzz`,
    events: [head(200, 'OK', TE), ['body', 'abcde'], ['trailers', ['T', 'v', 'U', '']], ['complete']],
    rest: 'zz',
  },
  {
    name: 'chunked, no chunk but the last',
    text: `${CHUNKED}0\r\n\r\n`,
    events: [head(200, 'OK', TE), ['complete']],
  },
  {
    name: 'chunked in other letters and with white space',
    text: `${OK}transfer-encoding:\tChunKed \r\n\r\nA\r\n0123456789\r\n0\r\n\r\n`,
    events: [head(200, 'OK', ['transfer-encoding', 'ChunKed']), ['body', '0123456789'], ['complete']],
  },
  {
    name: 'interim answers first',
    text: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 199 X\r\n\r\nHTTP/1.1 204 None\r\n\r\nrest',
    events: [
      ['informational', 100, []],
      ['informational', 102, []],
      ['informational', 103, ['Link', 'a']],
      ['informational', 199, []],
      head(204, 'None', [], { bodyless: true }),
      ['complete'],
    ],
    rest: 'rest',
  },
  {
    name: '204 whose fields promise a body',
    text: 'HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc',
    events: [head(204, 'No Content', ['Content-Length', '3'], { bodyless: true }), ['complete']],
    rest: 'abc',
  },
  {
    name: '304 with the length of the body it stands for',
    text: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n',
    events: [
      head(304, 'Not Modified', ['Content-Length', '3'], { contentLength: 3, bodyless: true }),
      ['complete'],
    ],
  },
  {
    name: 'HEAD with Content-Length',
    method: 'HEAD',
    text: `${OK}Content-Length: 12\r\n\r\n`,
    events: [head(200, 'OK', ['Content-Length', '12'], { contentLength: 12, bodyless: true }), ['complete']],
  },
  {
    name: 'HEAD with chunked',
    method: 'HEAD',
    text: CHUNKED,
    events: [head(200, 'OK', TE, { bodyless: true }), ['complete']],
  },
  {
    name: '101, then raw bytes',
    text: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\0HTTP/1.1',
    events: [
      head(101, 'Switching Protocols', ['Upgrade', 'websocket', 'Connection', 'Upgrade'], { upgrade: true }),
    ],
    rest: '\0HTTP/1.1',
  },
  {
    name: 'Upgrade offered in a final answer is no upgrade',
    text: 'HTTP/1.1 426 Upgrade Required\r\nUpgrade: x\r\nConnection: upgrade\r\nContent-Length: 2\r\n\r\nno',
    events: [
      head(426, 'Upgrade Required', ['Upgrade', 'x', 'Connection', 'upgrade', 'Content-Length', '2'], {
        contentLength: 2,
      }),
      ['body', 'no'],
      ['complete'],
    ],
  },
  {
    name: 'no reason phrase, no space before it',
    text: 'HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx',
    events: [head(200, '', ['Content-Length', '1'], { contentLength: 1 }), ['body', 'x'], ['complete']],
  },
  {
    name: 'empty values, tabs, obs-text, repeated fields',
    text: 'HTTP/1.1 200 \xe9t\xe9\r\nA:\r\nB: \r\nC:  \t x\t y \t\r\nD:\xff\r\nA: 2\r\nContent-Length: 1\r\n\r\n\xff',
    events: [
      head(200, '\xe9t\xe9', ['A', '', 'B', '', 'C', 'x\t y', 'D', '\xff', 'A', '2', 'Content-Length', '1'], {
        contentLength: 1,
      }),
      ['body', '\xff'],
      ['complete'],
    ],
  },
];

for (const { name, text, method = 'GET', events, rest = '' } of VALID) {
  test(`valid: ${name}`, () => {
    const outcome = parse(text, { method });
    assert.deepEqual(outcome.events, events);
    assert.equal(text.slice(outcome.used), rest);
  });

  test(`valid, cut at every byte and in two at any: ${name}`, () => {
    const everywhere = Array.from({ length: text.length }, (_, i) => i);
    assert.deepEqual(parse(text, { method, cuts: everywhere }).events, events);
    for (const cut of everywhere) {
      const outcome = parse(text, { method, cuts: [cut] });
      assert.deepEqual(outcome.events, events, `cut at ${cut}`);
      assert.equal(outcome.used, text.length - rest.length, `cut at ${cut}`);
    }
  });
}

const MALFORMED: Record<string, string> = {
  'bare LF after the status line': 'HTTP/1.1 200 OK\nA: b\r\n\r\n',
  'bare LF after a field': `${OK}A: b\n\r\n`,
  'bare LF at the end of the head': `${OK}A: b\r\n\n`,
  'bare CR in a value': `${OK}A: b\rC: d\r\n\r\n`,
  'bare CR in the reason': 'HTTP/1.1 200 O\rK\r\n\r\n',
  'CR CR LF': 'HTTP/1.1 200 OK\r\r\n\r\n',
  'folding with a space': `${OK}A: b\r\n c\r\n\r\n`,
  'folding with a tab': `${OK}A: b\r\n\tc\r\n\r\n`,
  'folding of an empty value': `${OK}A:\r\n c\r\n\r\n`,
  'folded Content-Length': `${OK}Content-Length: 3\r\n 4\r\n\r\n`,
  'white space before the first field': `${OK} A: b\r\n\r\n`,
  'space before the colon': `${OK}A : b\r\n\r\n`,
  'no colon': `${OK}A\r\n\r\n`,
  'empty name': `${OK}: b\r\n\r\n`,
  'NUL in a value': `${OK}A: b\0c\r\n\r\n`,
  'DEL in a value': `${OK}A: b\x7f\r\n\r\n`,
  'control character in a value': `${OK}A: \x01\r\n\r\n`,
  'obs-text in a name': `${OK}A\xff: b\r\n\r\n`,
  'delimiter in a name': `${OK}A(: b\r\n\r\n`,
  'NUL in the reason': 'HTTP/1.1 200 O\0K\r\n\r\n',
  'ESC in the reason': 'HTTP/1.1 200 \x1b[2J\r\n\r\n',
  'two spaces before the status': 'HTTP/1.1  200 OK\r\n\r\n',
  'two digits of status': 'HTTP/1.1 20 OK\r\n\r\n',
  'four digits of status': 'HTTP/1.1 2000 OK\r\n\r\n',
  'status 099': 'HTTP/1.1 099 OK\r\n\r\n',
  'status 000': 'HTTP/1.1 000 OK\r\n\r\n',
  'status 600': 'HTTP/1.1 600 OK\r\n\r\n',
  'tab after the status': 'HTTP/1.1 200\tOK\r\n\r\n',
  'HTTP/0.9': 'HTTP/0.9 200 OK\r\n\r\n',
  'HTTP/1.2': 'HTTP/1.2 200 OK\r\n\r\n',
  'HTTP/2.0': 'HTTP/2.0 200 OK\r\n\r\n',
  'HTTP/11.1': 'HTTP/11.1 200 OK\r\n\r\n',
  'small letters': 'http/1.1 200 OK\r\n\r\n',
  RTSP: 'RTSP/1.0 200 OK\r\n\r\n',
  ICE: 'ICE/1.0 200 OK\r\n\r\n',
  'a request': 'GET / HTTP/1.1\r\n\r\n',
  'HTTP/2 frames': '\0\0\x12\x04\0\0\0\0\0',
  'empty line first': `\r\n${OK}\r\n`,
  'bare LF first': `\n${OK}\r\n`,
  'empty line after an interim answer': `HTTP/1.1 100 Continue\r\n\r\n\r\n${OK}\r\n`,
  'two equal Content-Length': `${OK}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`,
  'two other Content-Length': `${OK}Content-Length: 3\r\ncontent-length: 4\r\n\r\nabc`,
  'Content-Length list': `${OK}Content-Length: 3, 3\r\n\r\nabc`,
  'Content-Length with a sign': `${OK}Content-Length: +3\r\n\r\nabc`,
  'negative Content-Length': `${OK}Content-Length: -3\r\n\r\nabc`,
  'hexadecimal Content-Length': `${OK}Content-Length: 0x3\r\n\r\nabc`,
  'Content-Length with a gap': `${OK}Content-Length: 3 3\r\n\r\nabc`,
  'empty Content-Length': `${OK}Content-Length: \r\n\r\nabc`,
  'Content-Length above 2^64': `${OK}Content-Length: 99999999999999999999\r\n\r\n`,
  'Content-Length above 2^53': `${OK}Content-Length: 9007199254740992\r\n\r\n`,
  'Content-Length, then chunked': `${OK}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`,
  'chunked, then Content-Length': `${OK}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n`,
  'coding gzip': `${OK}Transfer-Encoding: gzip\r\n\r\nabc`,
  'coding gzip, chunked': `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  'coding chunked, gzip': `${OK}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
  'coding xchunked': `${OK}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  'coding in quotes': `${OK}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`,
  'coding identity': `${OK}Transfer-Encoding: identity\r\n\r\nabc`,
  'empty coding': `${OK}Transfer-Encoding: \r\n\r\nabc`,
  'chunked twice': `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'chunked in HTTP/1.0': 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'bare LF after a chunk size': `${CHUNKED}3\nabc\r\n0\r\n\r\n`,
  'bare LF after a chunk': `${CHUNKED}3\r\nabc\n0\r\n\r\n`,
  'bare LF after a chunk extension': `${CHUNKED}3;a\nabc\r\n0\r\n\r\n`,
  'no line end after a chunk': `${CHUNKED}3\r\nabc0\r\n\r\n`,
  'chunk longer than its size': `${CHUNKED}3\r\nabcd\r\n0\r\n\r\n`,
  'space after a chunk size': `${CHUNKED}3 \r\nabc\r\n0\r\n\r\n`,
  'chunk size 0x3': `${CHUNKED}0x3\r\nabc\r\n`,
  'chunk size with a sign': `${CHUNKED}+3\r\nabc\r\n`,
  'no chunk size': `${CHUNKED}\r\n`,
  'chunk size above 2^64': `${CHUNKED}10000000000000003\r\nabc\r\n`,
  'control character in a chunk extension': `${CHUNKED}3;a=\x01\r\nabc\r\n`,
  'CR in a quoted chunk extension': `${CHUNKED}3;a="x\ry"\r\nabc\r\n`,
  'bare LF after a trailer': `${CHUNKED}0\r\nA: b\n\r\n`,
  'folded trailer': `${CHUNKED}0\r\nA: b\r\n c\r\n\r\n`,
  'Content-Length as trailer': `${CHUNKED}0\r\nContent-Length: 5\r\n\r\n`,
  'Transfer-Encoding as trailer': `${CHUNKED}0\r\nTransfer-Encoding: chunked\r\n\r\n`,
};

for (const [name, text] of Object.entries(MALFORMED)) {
  test(`malformed: ${name}`, () => {
    assert.deepEqual(parse(text).events.at(-1), ['failed', 'ERR_HTTP1_MALFORMED']);
    const everywhere = Array.from({ length: text.length }, (_, i) => i);
    assert.deepEqual(parse(text, { cuts: everywhere }).events.at(-1), ['failed', 'ERR_HTTP1_MALFORMED']);
  });
}

const TRUNCATED: Record<string, string> = {
  nothing: '',
  'half a status line': 'HTTP/1.1 20',
  'a head without its empty line': `${OK}A: b\r\n`,
  'after an interim answer': 'HTTP/1.1 100 Continue\r\n\r\n',
  'inside a counted body': `${OK}Content-Length: 3\r\n\r\nab`,
  'inside a chunk': `${CHUNKED}3\r\nab`,
  'between chunks': `${CHUNKED}3\r\nabc\r\n`,
  'inside the trailers': `${CHUNKED}0\r\nA: b\r\n`,
};

for (const [name, text] of Object.entries(TRUNCATED)) {
  test(`truncated: ${name}`, () => {
    const waiting = parse(text, { finish: false }).events;
    assert.ok(!waiting.some(([kind]) => kind === 'failed' || kind === 'complete'));
    assert.deepEqual(parse(text).events, [...waiting, ['failed', 'ERR_HTTP1_TRUNCATED']]);
  });
}

test('a body is a view of the chunk it came in', () => {
  const chunk = Buffer.from(`${OK}Content-Length: 3\r\n\r\nabc`);
  const coded = Buffer.from(`${CHUNKED}3\r\nabc\r\n0\r\n\r\n`);
  for (const bytes of [chunk, coded]) {
    const seen: Uint8Array[] = [];
    const handler = Object.assign(new Recorder(), { body: (view: Uint8Array) => seen.push(view) });
    const parser = createResponseParser(handler, { method: 'GET' });
    parser.execute(bytes);
    parser.free();
    assert.equal(seen.length, 1);
    assert.equal(seen[0]?.buffer, bytes.buffer);
    assert.equal(seen[0]?.byteOffset, bytes.byteOffset + bytes.indexOf('abc'));
    assert.equal(seen[0]?.length, 3);
  }
});

test('nothing is told after the end, nor after free', () => {
  const recorder = new Recorder();
  const parser = createResponseParser(recorder, { method: 'GET' });
  parser.execute(Buffer.from(`${OK}Content-Length: 0\r\n\r\n`));
  const { length } = recorder.events;
  assert.equal(parser.execute(Buffer.from(OK)), 0);
  parser.finish();
  parser.free();
  assert.equal(parser.execute(Buffer.from(OK)), 0);
  parser.finish();
  assert.equal(recorder.events.length, length);
});
