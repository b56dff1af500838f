import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BlackHole } from '../support/blackhole.js';
import { Relay } from '../support/relay.js';
import { settled } from '../support/settled.js';
import { logged, scratch, spawnAgent } from './agent-process.js';
import { startRelay, startService, startTcp } from './device.js';

const MIB = 1 << 20;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('the virtual edge host answers through a real process, which drains on SIGTERM', async (t) => {
  const relay = await startRelay(t);
  const agent = spawnAgent(t, ['--simulate', '--tunnel-url', relay.url.href, '--device-token', 'vis_abc']);
  const ready = await logged(agent, 'ready');
  assert.equal(ready.dials, `${relay.url.href}tunnel/connect`);
  const tunnel = await relay.tunnel();
  assert.equal(tunnel.request.headers.authorization, 'Bearer vis_abc');
  const { status, body } = await tunnel.fetch('/api/system');
  assert.equal(status, 200);
  assert.equal(JSON.parse(body.toString()).model, 'visionA Edge (virtual)');
  const [exit, closed] = await Promise.all([agent.stop(), tunnel.closed]);
  assert.equal(exit, undefined);
  assert.deepEqual(closed, { code: 1000, reason: '' });
  assert.equal(await agent.exited(), 'exit 0');
});

test('a request in flight is finished by the drain', async (t) => {
  const { url, server } = await startService(t, () => {});
  const relay = await startRelay(t);
  const agent = spawnAgent(t, ['--target', url.href, '--tunnel-url', relay.url.href, '--device-token', 'x']);
  const tunnel = await relay.tunnel();
  const arrived = once(server, 'request');
  const reply = tunnel.fetch('/slow');
  const [, response] = await arrived;
  const stopped = agent.stop();
  await tunnel.goneAway;
  response.end('in time');
  assert.equal((await reply).body.toString(), 'in time');
  await stopped;
  assert.equal((await tunnel.closed).code, 1000);
  assert.equal(await agent.exited(), 'exit 0');
});

test('16 MiB go through the process both ways, unchanged', async (t) => {
  const { url } = await startService(t, (request, response) => request.pipe(response));
  const relay = await startRelay(t);
  spawnAgent(t, ['--target', url.href, '--tunnel-url', relay.url.href, '--device-token', 'x']);
  const body = randomBytes(16 * MIB);
  const reply = await (await relay.tunnel()).fetch('/echo', { method: 'POST', body });
  assert.equal(sha256(reply.body), sha256(body));
});

test('a relay that restarts gets its device back by itself', async (t) => {
  const first = await Relay.start();
  const { port } = first;
  const agent = spawnAgent(t, ['--simulate', '--tunnel-url', first.url.href, '--device-token', 'x']);
  assert.equal((await (await first.tunnel()).fetch('/api/modules')).status, 200);
  await first.close();
  await logged(agent, /cannot be reached.*ECONNREFUSED/);
  const second = await startRelay(t, { port });
  assert.equal((await (await second.tunnel()).fetch('/api/modules')).status, 200);
});

test('a proxy that finds no relay behind it is waited out, and the tunnel URL is not blamed', async (t) => {
  let asked = 0;
  const { url } = await startService(t, (_request, response) => {
    asked += 1;
    response.writeHead(asked === 1 ? 502 : 504).end();
  });
  const tokenFile = join(scratch(t), 'token');
  const args = ['--simulate', '--token-file', tokenFile, '--tunnel-url', url.href.replace('http', 'ws')];
  const agent = spawnAgent(t, args, { VISIONA_DEVICE_TOKEN: 'vis_kept' });
  for (const status of [502, 504]) {
    const line = await logged(agent, new RegExp(`a proxy in front of it answered ${status}$`));
    assert.equal(line.level, 'warn');
  }
});

test('a path that goes silent is given up, and the device comes back over a new one', async (t) => {
  const relay = await startRelay(t);
  const hole = await BlackHole.start(relay.port);
  t.after(() => hole.close());
  const args = ['--simulate', '--tunnel-url', `ws://127.0.0.1:${hole.port}`, '--device-token', 'x'];
  const agent = spawnAgent(t, args, { VISIONA_HEARTBEAT_MS: '100', VISIONA_IDLE_TIMEOUT_MS: '300' });
  assert.equal((await (await relay.tunnel()).fetch('/api/system')).status, 200);
  hole.hole();
  await logged(agent, /the peer is silent/);
  assert.equal((await (await relay.tunnel()).fetch('/api/system')).status, 200);
});

test('a stalled local service does not grow the process', async (t) => {
  const { href: target } = await startTcp(t, (socket) => socket.pause());
  const relay = await startRelay(t);
  const agent = spawnAgent(t, ['--target', target, '--tunnel-url', relay.url.href, '--device-token', 'x']);
  const tunnel = await relay.tunnel();
  const before = residentBytes(agent.pid);
  const streams = Array.from({ length: 8 }, () => tunnel.open());
  const upload = Buffer.alloc(32 * MIB);
  for (const stream of streams) stream.write(upload);
  await settled(() => tunnel.session.stats.framesOut, 5_000);
  const grown = residentBytes(agent.pid) - before;
  // 256 MiB were offered. A window, the buffers of two streams and the kernel's are what each stream may hold.
  assert.ok(grown < 100 * MIB, `the process grew by ${Math.round(grown / MIB)} MiB`);
  const waiting = streams.reduce((sum, stream) => sum + stream.writableLength, 0);
  assert.ok(waiting > 0);
});

test('a token file that others can read is refused with what to do', async (t) => {
  const path = join(scratch(t), 'token');
  writeFileSync(path, 'vis_abc', { mode: 0o644 });
  const agent = spawnAgent(t, ['--simulate', '--token-file', path]);
  assert.equal(await agent.exited(), 'exit 1');
  assert.match(agent.stderr, /run chmod 600/);
  assert.doesNotMatch(agent.stderr, /vis_abc/);
});

test('no token at all is refused with what to do', async (t) => {
  const agent = spawnAgent(t, ['--simulate']);
  assert.equal(await agent.exited(), 'exit 1');
  assert.match(agent.stderr, /VISIONA_DEVICE_TOKEN/);
});

test('a token from the environment is kept for its user only, and used from the file by the next start', async (t) => {
  const relay = await startRelay(t);
  const path = join(scratch(t), 'state', 'token');
  const args = ['--simulate', '--tunnel-url', relay.url.href, '--token-file', path];
  const first = spawnAgent(t, args, { VISIONA_DEVICE_TOKEN: 'vis_kept' });
  await relay.tunnel();
  await first.stop();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(readFileSync(path, 'utf8'), 'vis_kept\n');
  spawnAgent(t, args);
  assert.equal((await relay.tunnel()).request.headers.authorization, 'Bearer vis_kept');
});

test('a refused credential is logged with what to do and without the token', async (t) => {
  const relay = await startRelay(t, { decide: () => ({ status: 401 }) });
  const args = ['--simulate', '--tunnel-url', relay.url.href, '--device-token', 'vis_hidden'];
  const agent = spawnAgent(t, args, { LOG_LEVEL: 'trace' });
  const line = await logged(agent, /pair the device again/);
  assert.ok(Number(line.redialMs) >= 30_000);
  await agent.stop();
  assert.equal(relay.dials, 1);
  assert.doesNotMatch(JSON.stringify(line) + agent.stderr, /vis_hidden/);
});

function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1]) * 1024;
}
