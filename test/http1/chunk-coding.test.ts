import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CRLF, chunkHead, LAST_CHUNK } from '../../src/http1/request-head.js';
import { parse } from './record.js';

test('a chunk head is the size in hexadecimal', () => {
  assert.equal(Buffer.from(chunkHead(1)).toString(), '1\r\n');
  assert.equal(Buffer.from(chunkHead(0xabcde)).toString(), 'abcde\r\n');
});

test('a chunk of no bytes would end the body, and is refused', () => {
  for (const bytes of [0, -1, 1.5, Number.NaN, 2 ** 53]) assert.throws(() => chunkHead(bytes), RangeError);
});

test('property: what is coded is decoded', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { minLength: 1 }), (chunks) => {
      const coded = chunks.flatMap((chunk) => [chunkHead(chunk.length), chunk, CRLF]);
      const bytes = Buffer.concat([
        Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
        ...coded,
        LAST_CHUNK,
      ]);
      const { events } = parse(bytes.toString('latin1'));
      assert.deepEqual(events.slice(1), [['body', Buffer.concat(chunks).toString('latin1')], ['complete']]);
    }),
  );
});
