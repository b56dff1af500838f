// These arbitraries make HTTP/1.1 responses, whole and mutated, for property tests.
import fc from 'fast-check';

const NAME = fc.string({
  unit: fc.constantFrom(...'aZ09-_.!~'),
  minLength: 1,
  maxLength: 24,
});
const VALUE = fc.string({ unit: fc.constantFrom(...'ab \t:,;="\xff'), maxLength: 40 });
const FIELDS = fc
  .array(fc.tuple(NAME, VALUE), { maxLength: 6 })
  .map((fields) => fields.map(([name, value]) => `x${name}:${value}\r\n`).join(''));
const INTERIM = fc
  .tuple(fc.constantFrom(100, 102, 103), FIELDS)
  .map(([status, fields]) => `HTTP/1.1 ${status} Wait\r\n${fields}\r\n`);
const BODY = fc.string({ unit: 'binary-ascii', maxLength: 60 });

const EXTENSION = fc.constantFrom('', ';a', ';a=b', ';a="b c"');
const CHUNKED = fc
  .tuple(fc.array(fc.tuple(BODY, EXTENSION), { maxLength: 5 }), FIELDS)
  .map(([chunks, trailers]) => {
    const coded = chunks
      .filter(([data]) => data !== '')
      .map(([data, extension]) => `${data.length.toString(16)}${extension}\r\n${data}\r\n`);
    return `Transfer-Encoding: chunked\r\n\r\n${coded.join('')}0\r\n${trailers}\r\n`;
  });
const COUNTED = BODY.map((body) => `Content-Length: ${body.length}\r\n\r\n${body}`);
const UNTIL_CLOSE = BODY.map((body) => `Connection: close\r\n\r\n${body}`);
const BODYLESS = fc
  .constantFrom('204 No Content', '304 Not Modified', '101 Switch')
  .chain((status) =>
    fc.tuple(FIELDS, BODY).map(([fields, rest]) => `HTTP/1.1 ${status}\r\n${fields}\r\n${rest}`),
  );
const WITH_BODY = fc
  .tuple(
    fc.integer({ min: 200, max: 599 }),
    fc.constantFrom('', ' ', ' OK'),
    FIELDS,
    fc.oneof(CHUNKED, COUNTED, UNTIL_CLOSE),
  )
  .map(([status, reason, fields, tail]) => `HTTP/1.1 ${status}${reason}\r\n${fields}${tail}`);

/** A valid response, a character a byte; at times with bytes after it. */
export const RESPONSE: fc.Arbitrary<string> = fc
  .tuple(fc.array(INTERIM, { maxLength: 2 }), fc.oneof({ weight: 4, arbitrary: WITH_BODY }, BODYLESS))
  .map(([interim, final]) => interim.join('') + final);

const BITS = fc.constantFrom(
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  ':',
  '\0',
  '\xff',
  '0',
  'f',
  ';',
  'HTTP/1.1 200 OK\r\n',
  'Content-Length: 1\r\n',
);

/** A response with some bytes cut out, doubled, or other ones put in. */
export const MUTATED: fc.Arbitrary<string> = fc
  .tuple(RESPONSE, fc.array(fc.tuple(fc.nat(400), fc.nat(6), BITS), { minLength: 1, maxLength: 4 }))
  .map(([text, edits]) =>
    edits.reduce((result, [at, cut, bit]) => {
      const from = at % (result.length + 1);
      return result.slice(0, from) + bit + result.slice(from + cut);
    }, text),
  );
