import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ALICE, send, TestRest } from '../http/kit.js';
import { admit } from '../support/admit.js';
import type { Relay } from '../support/relay.js';
import { logged, scratch, spawnAgent } from './agent-process.js';
import { startRelay } from './device.js';

/** The REST API, with a relay as the cloud's other side. */
async function startCloud(t: TestContext, relay: Relay): Promise<TestRest> {
  const api = await TestRest.start({ tunnelUrl: relay.url });
  t.after(() => api.close());
  return api;
}

async function codeOf(api: TestRest): Promise<string> {
  return JSON.parse((await send(api.port, 'POST /api/pairing/tokens', {})).body).code;
}

test('one command takes a fresh machine to a connected device; later starts need no code', async (t) => {
  const tokenFile = join(scratch(t), 'state', 'token');
  let keptAtDial: string | undefined;
  const relay = await startRelay(t, {
    decide: () => {
      keptAtDial ??= `${readFileSync(tokenFile, 'utf8').trim()} ${(statSync(tokenFile).mode & 0o777).toString(8)}`;
      return undefined;
    },
  });
  const api = await startCloud(t, relay);
  const code = await codeOf(api);
  const args = ['--simulate', '--token-file', tokenFile, '--public-url', api.url('')];

  const agent = spawnAgent(t, [...args, '--pair', code.toLowerCase()], { LOG_LEVEL: 'trace' });
  const paired = await logged(agent, 'paired');
  const first = await relay.tunnel();
  const token = String(first.request.headers.authorization).replace('Bearer ', '');
  assert.equal((await admit(api.store, token))?.deviceId, paired.deviceId);
  assert.equal(keptAtDial, `${token} 600`);
  assert.equal((await first.fetch('/api/system')).status, 200);
  const [minted] = api.store.minted();
  assert.equal(minted?.owner, ALICE);
  assert.equal(minted?.deviceId, paired.deviceId);
  assert.deepEqual(minted?.device, { name: hostname(), model: 'visionA Edge (virtual)' });
  await agent.stop();
  assert.equal(await agent.exited(), 'exit 0');

  const later = spawnAgent(t, ['--simulate', '--token-file', tokenFile]);
  assert.equal((await relay.tunnel()).request.headers.authorization, `Bearer ${token}`);
  await later.stop();

  const same = spawnAgent(t, [...args, '--pair', code]);
  await logged(same, 'paired before');
  assert.equal((await relay.tunnel()).request.headers.authorization, `Bearer ${token}`);
  await same.stop();
  assert.equal(api.store.minted().length, 1);
});

test('a real machine says what it is; a tunnel URL that is given goes before the one that is answered', async (t) => {
  const [answered, given] = [await startRelay(t), await startRelay(t)];
  const api = await startCloud(t, answered);
  const args = ['--public-url', api.url(''), '--tunnel-url', given.url.href, '--pair', await codeOf(api)];
  spawnAgent(t, args, { VISIONA_TOKEN_FILE: join(scratch(t), 'token') });
  await given.tunnel();
  assert.equal(answered.dials, 0);
  const device = api.store.minted()[0]?.device;
  assert.equal(device?.name, hostname());
  assert.ok(device?.model);
});

test('a code in groups, with spaces, from the environment', async (t) => {
  const relay = await startRelay(t);
  const api = await startCloud(t, relay);
  const code = (await codeOf(api)).replace('-', ' ');
  spawnAgent(t, ['--simulate'], { VISIONA_PAIR: code, VISIONA_PUBLIC_URL: api.url('') });
  await relay.tunnel();
});

test('a code that is not good, an API that is not there: one sentence, exit 1, no token, and no code in the output', async (t) => {
  const relay = await startRelay(t);
  const api = await startCloud(t, relay);
  const used = await codeOf(api);
  const attempt = (code: string, publicUrl: string, tokenFile: string) =>
    spawnAgent(t, ['--simulate', '--token-file', tokenFile, '--public-url', publicUrl, '--pair', code]);
  const tokenFile = join(scratch(t), 'token');
  attempt(used, api.url(''), tokenFile);
  await relay.tunnel();

  const cases = [
    {
      code: used,
      url: api.url(''),
      file: join(scratch(t), 'token'),
      says: /the pairing code is not good.*get a new one/,
    },
    { code: 'MNPQR-STVWX', url: api.url(''), file: tokenFile, says: /paired already/ },
    {
      code: used,
      url: 'http://127.0.0.1:9',
      file: join(scratch(t), 'token'),
      says: /127\.0\.0\.1:9 cannot be reached/,
    },
  ];
  for (const { code, url, file, says } of cases) {
    const agent = attempt(code, url, file);
    assert.equal(await agent.exited(), 'exit 1');
    assert.match(agent.stderr, says);
    assert.equal(agent.stderr.trim().split('\n').length, 1);
    assert.ok(!agent.stderr.includes(code));
    assert.equal(existsSync(file), file === tokenFile);
  }
  assert.equal(relay.dials, 1);
});

test('too many attempts are told with the time to wait', async (t) => {
  const api = await startCloud(t, await startRelay(t));
  for (let i = 0; i < 30; i += 1) {
    await send(api.port, 'POST /api/pairing/exchange', {
      token: `guess${i}`,
      device: { name: 'a', model: 'b' },
    });
  }
  const agent = spawnAgent(t, ['--simulate', '--public-url', api.url(''), '--pair', 'ABCDE-FGHJK']);
  assert.equal(await agent.exited(), 'exit 1');
  assert.match(agent.stderr, /too many attempts to pair: try again in \d+ s/);
});
