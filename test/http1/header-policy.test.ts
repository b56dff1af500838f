import type { HttpRequest } from 'uWebSockets.js';
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { after, before, describe, test } from 'node:test';
import {
  type Crossing,
  HEADER_POLICY,
  type HeaderRule,
  MESSAGE_HEADERS,
  STOPPED,
} from '../../src/http1/header-policy.js';
import { endToEndHeaders } from '../../src/http1/headers.js';
import { RequestHead } from '../../src/http1/request-head.js';
import { readRequestHeaders } from '../../src/server/request-headers.js';
import { addCallerHeaders } from '../../src/tunnel/remote/proxy-request.js';
import { AS_ALICE, answer, rawRequest, TestRest } from '../http/kit.js';
import { DEVICE, type ForwarderUnderTest, openOverProxy } from '../tunnel/forward/http-device.js';
import { RecordedCall, request } from '../tunnel/forward/recording-sink.js';

/** No request id, so that one is made. */
const PROBE = 'a probe';

/** The names of a row as they are sent: of a prefix one that begins so. */
function nameOf({ name }: HeaderRule): string {
  return name.replace(/\*$/, 'probe');
}

const isMessageRule = ({ name }: HeaderRule): boolean => MESSAGE_HEADERS.includes(name);
const END_TO_END = HEADER_POLICY.filter((rule) => !isMessageRule(rule));

type Spelling = readonly [what: string, spelt: (name: string) => string];

const LETTERS: readonly Spelling[] = [
  ['in small letters', (name) => name],
  ['in capitals', (name) => name.toUpperCase()],
];

/** As CGI and its kin read it. uWebSockets.js takes no such request, so only answers and the code behind it can show it. */
const WITH_UNDERSCORES: Spelling = ['with _ for -', (name) => name.replaceAll('-', '_')];

/** A probe in each header of the policy that is not of the message. */
function probes(sent: (name: string) => string): string[] {
  return END_TO_END.flatMap((rule) => [sent(nameOf(rule)), PROBE]);
}

/** What a listener takes of a request, whose names uWebSockets.js gives in small letters. */
function readFrom(headers: readonly string[], crossing: Crossing): readonly string[] {
  const forEach = (told: (name: string, value: string) => void): void => {
    for (let i = 0; i + 1 < headers.length; i += 2)
      told(headers[i]?.toLowerCase() ?? '', headers[i + 1] ?? '');
  };
  return readRequestHeaders({ forEach } as HttpRequest, STOPPED[crossing]).endToEnd;
}

/** Names with the value of a probe, in small letters, of flat headers. */
function probesIn(headers: readonly string[]): Set<string> {
  return new Set(
    headers.filter((_, i) => i % 2 === 0 && headers[i + 1] === PROBE).map((name) => name.toLowerCase()),
  );
}

/** Each row stops where the table says, and nowhere else. */
function assertCrossing(
  crossing: Crossing,
  sent: (name: string) => string,
  crossed: ReadonlySet<string>,
): void {
  for (const rule of END_TO_END) {
    const name = sent(nameOf(rule)).toLowerCase();
    const stops = rule.stopsAt.includes(crossing);
    assert.equal(crossed.has(name), !stops, `${name}, ${crossing}: ${rule.why}`);
  }
}

test('each row has a name of its own in small letters, a crossing and a reason', () => {
  const names = HEADER_POLICY.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
  for (const { name, stopsAt, why } of HEADER_POLICY) {
    assert.match(name, /^[a-z][a-z0-9-]*\*?$/);
    assert.ok(stopsAt.length > 0, name);
    assert.ok(why.length > 0, name);
  }
});

test('what frames a message or belongs to its connection is neither written to a device nor taken from one', () => {
  const head = new RequestHead();
  head.start('GET', '/');
  for (const name of MESSAGE_HEADERS) {
    assert.throws(
      () => head.header(name.toUpperCase(), PROBE),
      { code: 'ERR_HTTP1_FIELD_NOT_ALLOWED' },
      name,
    );
    assert.deepEqual(endToEndHeaders([name, PROBE, 'x-kept', PROBE]), ['x-kept', PROBE], name);
  }
});

describe('between a caller of the REST API and a device', () => {
  let api: TestRest;
  before(async () => {
    api = await TestRest.start();
  });
  after(() => api.close());

  /** Calls the device with these headers. @returns what crossed */
  async function toDevice(names: readonly string[], over: Record<string, string> = {}, body = '') {
    const headers = { ...Object.fromEntries(names.map((name) => [name, PROBE])), ...AS_ALICE, ...over };
    const { status } = await rawRequest(api.port, 'POST /api/devices/cam-1/proxy/', headers, body);
    assert.equal(status, 200);
    return api.forwarder.last.request.headers;
  }

  for (const [spelling, sent] of LETTERS) {
    // A call has the real one, and an expectation would be answered before it.
    const names = END_TO_END.filter(({ name }) => !['authorization', 'cookie', 'expect'].includes(name));
    test(`the table holds for requests whose headers are written ${spelling}`, async () => {
      const crossed = probesIn(await toDevice(names.map((rule) => sent(nameOf(rule)))));
      assertCrossing('toDevice', sent, crossed);
    });
  }

  for (const [spelling, sent] of [...LETTERS, WITH_UNDERSCORES]) {
    test(`the table holds for answers whose headers are written ${spelling}`, async () => {
      api.forwarder.serve = (call) => answer(call, 'ok', { headers: probes(sent) });
      const reply = await rawRequest(api.port, 'GET /api/devices/cam-1/proxy/', AS_ALICE);
      const crossed = new Set(
        [...reply.headers].filter(([, all]) => all.includes(PROBE)).map(([name]) => name),
      );
      assertCrossing('fromDevice', sent, crossed);
    });
  }

  test('credentials, an expectation and the message headers do not reach a device', async () => {
    const hopByHop = MESSAGE_HEADERS.filter(
      (name) => !/^(connection|transfer-encoding|content-length)$/.test(name),
    );
    const credentials = { cookie: 'a=b', Expect: 'nothing' };
    const framings: readonly (readonly [Record<string, string>, string])[] = [
      [{ 'content-length': '2' }, 'hi'],
      [{ 'transfer-encoding': 'chunked' }, '2\r\nhi\r\n0\r\n\r\n'],
    ];
    for (const [framing, body] of framings) {
      const headers = await toDevice(hopByHop, { ...credentials, ...framing }, body);
      const names = headers.filter((_, i) => i % 2 === 0);
      for (const name of [...MESSAGE_HEADERS, 'authorization', 'cookie', 'expect']) {
        assert.ok(!names.includes(name), name);
      }
    }
  });
});

describe('between api-server and remote-proxy', () => {
  let under: ForwarderUnderTest;
  before(async () => {
    under = await openOverProxy();
  });
  after(() => under.close());

  for (const [spelling, sent] of LETTERS) {
    test(`the table holds for requests whose headers are written ${spelling}`, async () => {
      let seen: IncomingMessage | undefined;
      under.device.serve = (req, res) => {
        seen = req;
        res.end();
      };
      await new RecordedCall(under.forwarder, DEVICE, request({ headers: probes(sent) })).over();
      assertCrossing('carriedRequest', sent, probesIn(seen?.rawHeaders ?? []));
    });
  }

  for (const [spelling, sent] of [...LETTERS, WITH_UNDERSCORES]) {
    test(`the table holds for answers whose headers are written ${spelling}`, async () => {
      under.device.serve = (_req, res) => {
        res.sendDate = false;
        res.writeHead(200, probes(sent)).end();
      };
      const { answer } = await new RecordedCall(under.forwarder, DEVICE, request()).over();
      assertCrossing('carriedAnswer', sent, probesIn(answer?.headers ?? []));
    });
  }

  test('each side stops a request header alone, whatever the other does', () => {
    for (const [, sent] of [...LETTERS, WITH_UNDERSCORES]) {
      const written: string[] = [];
      addCallerHeaders(written, { headers: probes(sent), target: '/' });
      assertCrossing('carriedRequest', sent, probesIn(written));
      assertCrossing('carriedRequest', sent, probesIn(readFrom(probes(sent), 'carriedRequest')));
    }
  });
});

test('a listener stops a request header that is written with _ for -', () => {
  const [, sent] = WITH_UNDERSCORES;
  assertCrossing('toDevice', sent, probesIn(readFrom(probes(sent), 'toDevice')));
});
