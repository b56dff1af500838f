import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { pino } from 'pino';
import { fetch } from 'undici';
import { Metrics } from '../../../src/observability/metrics.js';
import { RequestLog } from '../../../src/server/request-log.js';
import { INTERNAL_SECRET, ProxyFixture } from '../../support/proxy-fixture.js';
import { SILENT_REFUSALS } from '../../support/silent-refusals.js';

/** Asks for the metrics with the id `scrape`. @returns the answer and the lines of the log */
async function scrape(t: TestContext, text: () => Promise<string>) {
  const lines = new PassThrough();
  const requests = new RequestLog({
    log: pino({ base: null, timestamp: false }, lines),
    metrics: new Metrics(),
    refusals: SILENT_REFUSALS,
    access: true,
  });
  const fixture = await ProxyFixture.start({ exposition: { contentType: 'text/plain', text }, requests });
  t.after(() => fixture.close());
  const answer = await fetch(new URL('/internal/metrics', fixture.internalUrl), {
    headers: { authorization: `Bearer ${INTERNAL_SECRET.reveal()}`, 'x-request-id': 'scrape' },
  });
  assert.equal(answer.headers.get('x-request-id'), 'scrape');
  const body = await answer.text();
  const told = String(lines.read() ?? '')
    .split('\n')
    .filter((line) => line !== '');
  return {
    status: answer.status,
    mediaType: answer.headers.get('content-type'),
    body,
    told: told.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

test('O1: a scrape of the metrics is a line of the access log', async (t) => {
  const { status, mediaType, body, told } = await scrape(t, async () => 'up 1\n');
  assert.deepEqual([status, mediaType, body], [200, 'text/plain', 'up 1\n']);
  assert.equal(told.length, 1);
  const { requestId, path, status: logged, bytes } = told[0] ?? {};
  assert.deepEqual([requestId, path, logged, bytes], ['scrape', '/internal/metrics', 200, 5]);
});

test('O1: metrics that cannot be collected are a problem, and an error line that has its id', async (t) => {
  const { status, body, told } = await scrape(t, () => Promise.reject(new Error('no numbers')));
  const { code, requestId } = JSON.parse(body);
  assert.deepEqual([status, code, requestId], [500, 'internal', 'scrape']);
  const line = told.find(({ code: of }) => of === 'internal');
  assert.deepEqual([line?.requestId, line?.path], ['scrape', '/internal/metrics']);
  assert.match(JSON.stringify(line), /no numbers/);
});
