import type { HttpResponse } from 'uWebSockets.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_CALL, type ResponseHead } from '../../src/contract/call.js';
import { HeaderNames } from '../../src/http1/header-names.js';
import { type ResponsePolicy, ResponseWriter } from '../../src/server/response-writer.js';

const HEAD: ResponseHead = {
  status: 200,
  reason: 'OK',
  headers: [],
  contentLength: 8,
  bodyless: false,
};

/** What happened, in its order: to a response as uWebSockets.js has it for Node 22, and to the writer's policy. */
function recorded() {
  const seen: string[] = [];
  let alive = true;
  const use = (call: string): void => {
    if (!alive) throw new Error(`${call} after the end`);
    seen.push(call);
  };
  let offset = 0;
  const res = {
    writeHeader: () => use('field'),
    cork: (work: () => void) => {
      use('cork');
      work();
    },
    tryEnd: (chunk: Uint8Array | string, total: number) => {
      use(`tryEnd ${chunk.length}`);
      offset += chunk.length;
      alive = chunk.length > 0 && offset < total;
      return [true, !alive];
    },
    getWriteOffset: () => {
      use('offset');
      return offset;
    },
    close: () => {
      use('close');
      alive = false;
    },
  };
  const policy: ResponsePolicy = {
    dropped: new HeaderNames([]),
    ownHeaders: () => ['X-Own', 'field'],
    endBodyless() {},
    problem() {},
    began() {},
    finished: (_writer, failure) =>
      seen.push(`finished: ${typeof failure === 'object' ? failure.code : failure}`),
  };
  return { seen, writer: new ResponseWriter(res as unknown as HttpResponse, policy, false) };
}

test('N1: an empty piece of a body is not written: newer builds take it for the end of the answer', () => {
  const { seen, writer } = recorded();
  writer.attach(NO_CALL);
  writer.head(HEAD, Buffer.from('half'), false);
  writer.data(Buffer.alloc(0));
  writer.data(Buffer.from('more'));
  assert.deepEqual(
    seen.filter((call) => /tryEnd|finished/.test(call)),
    ['tryEnd 4', 'tryEnd 4', 'finished: undefined'],
  );
});

test('N1: an answer that is cut ends once, though its call fails while it is told', () => {
  const { seen, writer } = recorded();
  writer.attach({
    ...NO_CALL,
    abort: () => writer.fail({ code: 'tunnel-lost-after-send', detail: 'overloaded' }),
  });
  writer.head(HEAD, Buffer.from('half'), false);
  writer.abort();
  assert.deepEqual(seen.slice(-2), ['finished: aborted', 'close']);
});
