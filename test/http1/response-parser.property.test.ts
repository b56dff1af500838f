import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { llhttp } from '../../src/http1/llhttp.js';
import { createResponseParser } from '../../src/http1/response-parser.js';
import { sized } from '../support/sized.js';
import { type Event, parse, Recorder } from './record.js';
import { MUTATED, RESPONSE } from './response-arbitrary.js';

const CUTS = fc.array(fc.nat(400), { maxLength: 12 });
const METHOD = fc.constantFrom('GET', 'HEAD');

/** Which events may follow which; the empty word stands for the start. */
const FOLLOWS: Record<string, string[]> = {
  '': ['informational', 'head', 'failed'],
  informational: ['informational', 'head', 'failed'],
  head: ['body', 'trailers', 'complete', 'failed'],
  body: ['trailers', 'complete', 'failed'],
  trailers: ['complete'],
  complete: [],
  failed: [],
};

function assertOrder(events: Event[]): void {
  let before = '';
  for (const [kind] of events) {
    assert.ok(FOLLOWS[before]?.includes(kind), `${kind} after ${before}`);
    before = kind;
  }
  const isUpgrade = events.some((event) => event[0] === 'head' && event[4].upgrade);
  if (!isUpgrade) assert.match(before, /^(complete|failed)$/);
}

test('a valid response never fails, and any split gives the same events', () => {
  fc.assert(
    fc.property(RESPONSE, METHOD, CUTS, (text, method, cuts) => {
      const whole = parse(text, { method });
      assertOrder(whole.events);
      assert.ok(whole.events.every(([kind]) => kind !== 'failed'));
      assert.deepEqual(parse(text, { method, cuts }), whole);
    }),
    { numRuns: sized(1000, 50_000) },
  );
});

const MUTATIONS = sized(3000, 200_000);

test('a mutated response ends in complete or failed, the same for any split', () => {
  let failed = 0;
  fc.assert(
    fc.property(MUTATED, METHOD, CUTS, (text, method, cuts) => {
      const whole = parse(text, { method });
      assertOrder(whole.events);
      if (whole.events.at(-1)?.[0] === 'failed') failed++;
      assert.deepEqual(parse(text, { method, cuts }).events, whole.events);
    }),
    { numRuns: MUTATIONS },
  );
  // The mutations must bite, and must not always.
  assert.ok(failed > MUTATIONS * 0.1 && failed < MUTATIONS * 0.97, `${failed} failed`);
});

test('random bytes end in failed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), CUTS, (bytes, cuts) => {
      const { events } = parse(Buffer.from(bytes).toString('latin1'), { cuts });
      // An `H` or two may still become a status line.
      const [kind, code] = events[0] ?? [];
      assert.equal(events.length, 1);
      assert.equal(kind, 'failed');
      assert.match(String(code), /^ERR_HTTP1_(MALFORMED|TRUNCATED)$/);
    }),
  );
});

test('a thousand parsers fed in turns, a few bytes each, do not mix', () => {
  const texts = fc.sample(RESPONSE, { numRuns: 1000, seed: 7 });
  const parsers = texts.map((text) => {
    const recorder = new Recorder();
    return { text, recorder, parser: createResponseParser(recorder, { method: 'GET' }), at: 0 };
  });
  for (let open = parsers; open.length > 0; ) {
    for (const entry of open) {
      const chunk = Buffer.from(entry.text.slice(entry.at, entry.at + 5), 'latin1');
      const taken = entry.parser.execute(chunk);
      entry.at = taken < chunk.length ? entry.text.length : entry.at + 5;
    }
    open = open.filter((entry) => entry.at < entry.text.length);
  }
  for (const { text, recorder, parser } of parsers) {
    parser.finish();
    parser.free();
    assert.deepEqual(recorder.events, parse(text).events);
  }
});

test('wasm memory does not grow over 100,000 responses, whole, broken or left half read', () => {
  const texts = [
    ...fc.sample(RESPONSE, { numRuns: 50, seed: 1 }),
    ...fc.sample(MUTATED, { numRuns: 50, seed: 2 }),
  ];
  const chunks = texts.map((text) => Buffer.from(text, 'latin1'));
  const silent = { informational() {}, head() {}, body() {}, trailers() {}, complete() {}, failed() {} };
  const before = llhttp().memoryBytes;
  for (let i = 0; i < 100_000; i++) {
    const chunk = chunks[i % chunks.length] as Buffer;
    const parser = createResponseParser(silent, { method: 'GET' });
    parser.execute(i % 3 === 0 ? chunk.subarray(0, chunk.length >> 1) : chunk);
    parser.free();
  }
  assert.equal(llhttp().memoryBytes, before);
});

test('parsers beyond the idle pool are freed: 10,000 at once, again and again, need no more memory', () => {
  const head = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n');
  const round = () => {
    const parsers = Array.from({ length: 10_000 }, () =>
      createResponseParser(new Recorder(), { method: 'GET' }),
    );
    for (const parser of parsers) parser.execute(head);
    for (const parser of parsers) parser.free();
    return llhttp().memoryBytes;
  };
  const once = round();
  for (let i = 0; i < 5; i++) assert.equal(round(), once);
});
