// The routes that ask about the service itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceRoutes } from '../../../../src/http/api/service/service-routes.js';
import { type Missing, REST_DUTIES, Readiness } from '../../../../src/server/readiness.js';
import { startRoutes } from '../../routed.js';

async function serve(missing: Missing) {
  const readiness = new Readiness(REST_DUTIES, () => Promise.resolve(missing));
  const served = await startRoutes(serviceRoutes({ readiness }));
  const ask = async (query: string): Promise<[number, Record<string, unknown>]> => {
    const answer = await fetch(`http://127.0.0.1:${served.port}/api/ready${query}`);
    return [answer.status, (await answer.json()) as Record<string, unknown>];
  };
  return { ask, close: () => served.close() };
}

test('a part that the process does not have is not supported, whether anything of its own is missing or not', async (t) => {
  for (const missing of [{}, { 'device-calls': 'proxy-unreachable' }] as const) {
    const { ask, close } = await serve(missing);
    t.after(close);
    const [status, { type, detail }] = await ask('?parts=dials');
    assert.deepEqual([status, type], [501, 'urn:visiona:problem:not-supported']);
    assert.match(String(detail), /^this process has no part dials; missing: /);
    assert.equal((await ask('?parts=reads'))[0], 200);
  }
});

test('without parts the essential ones are asked for: the rest may be missing', async (t) => {
  const { ask, close } = await serve({ 'device-calls': 'proxy-unreachable' });
  t.after(close);
  const [status, { status: word, works }] = await ask('');
  assert.deepEqual([status, word, works], [200, 'degraded', ['reads', 'writes']]);
});
