import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { HttpBrowser } from '../support/http-browser.js';
import { root } from './root.js';
import { type Started, startCommand, startScript } from './started.js';

async function dataDir(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'visiona-start-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

function settings(data: string): Record<string, string> {
  return {
    VISIONA_DATA_DIR: data,
    VISIONA_API_ADDR: '127.0.0.1:0',
    VISIONA_TUNNEL_ADDR: '127.0.0.1:0',
    VISIONA_INTERNAL_ADDR: '127.0.0.1:0',
    VISIONA_OPS_ADDR: '127.0.0.1:0',
    VISIONA_DEV_OP_ADDR: '127.0.0.1:0',
    VISIONA_HOSTS: '1',
  };
}

function start(t: TestContext, data: string, env: Record<string, string> = {}): Started {
  const started = startScript('start.mjs', { ...settings(data), ...env });
  t.after(() => started.end());
  return started;
}

/** The processes that logged a line. */
function pidsOf(output: string): number[] {
  const pids = output.matchAll(/^\{.*"pid":(\d+)/gm);
  return [...new Set([...pids].map(([, pid]) => Number(pid)))];
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The command that was printed, its continuation lines included. */
function printedCurl(output: string): string {
  const [command] = /^curl .*\\\n.*\\\n.*$/m.exec(output) ?? [];
  assert.ok(command, output);
  return command;
}

const hasCurl = spawnSync('curl', ['--version']).status === 0;

test('npm start shows a request that the simulated device answers, and Ctrl-C ends all of it', async (t) => {
  const data = await dataDir(t);
  const first = start(t, data);
  await first.printed('» running: ');
  assert.match(first.output, /» device: adding a simulated one/);
  assert.doesNotMatch(first.output, /device-offline|"level":"warn"[^\n]*a request failed/);
  assert.match(first.output, /» answer: 200 application\/json\n\{\n {2}"hostname": "edge-/);

  const secrets = ['internal-secret', 'session-secret', 'simulated-device-token'];
  for (const name of secrets) {
    const secret = (await readFile(join(data, name), 'utf8')).trim();
    assert.equal(first.output.includes(secret), false, `${name} was printed`);
    assert.equal((await stat(join(data, name))).mode & 0o777, 0o600);
  }
  if (hasCurl) {
    const answer = execFileSync('sh', ['-c', `${printedCurl(first.output)} --silent --fail`], {
      encoding: 'utf8',
    });
    assert.match(JSON.parse(answer).hostname, /^edge-/);
  }

  const pids = pidsOf(first.output);
  assert.equal(pids.length, 2);
  first.signal('SIGINT');
  assert.equal(await first.exited, 0, first.output);
  assert.deepEqual(pids.filter(isAlive), []);

  const second = start(t, data);
  await second.printed('» running: ');
  assert.doesNotMatch(second.output, /» device: /);
  second.signal('SIGTERM');
  assert.equal(await second.exited, 0, second.output);
});

test('a signal to npm itself ends all that npm start has started', { timeout: 60_000 }, async (t) => {
  const started = startCommand('npm', ['start'], settings(await dataDir(t)));
  t.after(() => {
    for (const pid of pidsOf(started.output).filter(isAlive)) process.kill(pid, 'SIGKILL');
    return started.end();
  });
  await started.printed('» running: ');
  const pids = pidsOf(started.output);
  assert.equal(pids.length, 2);
  started.signal('SIGTERM');
  // Its output is at an end only when the last process that may write to it has ended.
  await started.exited;
  assert.match(started.output, /» stopping/);
  assert.deepEqual(pids.filter(isAlive), []);
});

test('where visiona up is ended by somebody else, that is said, and the rest ends', async (t) => {
  const started = start(t, await dataDir(t));
  await started.printed('» running: ');
  const [, pid] = /"pid":(\d+)[^\n]*"msg":"ready"/.exec(started.output) ?? [];
  process.kill(Number(pid), 'SIGKILL');
  assert.equal(await started.exited, 1);
  assert.match(started.output, /^» visiona up ended by SIGKILL$/m);
  assert.doesNotMatch(started.output, /once more/);
  assert.deepEqual(pidsOf(started.output).filter(isAlive), []);
});

test('a simulated device that was revoked is followed by a new one', async (t) => {
  const data = await dataDir(t);
  const first = start(t, data);
  await first.printed('» running: ');
  first.signal('SIGTERM');
  assert.equal(await first.exited, 0, first.output);

  const id = (await readFile(join(data, 'simulated-device-id'), 'utf8')).trim();
  const revoke = ['dist/src/cli/visiona.js', 'device', 'revoke', id, '--data-dir', data];
  execFileSync(process.execPath, revoke, { cwd: root });
  const second = start(t, data);
  await second.printed('» running: ');
  assert.match(second.output, /» device: adding a simulated one/);
  assert.match(second.output, /» answer: 200 /);
  second.signal('SIGTERM');
  assert.equal(await second.exited, 0, second.output);
});

test('what npm start says to do next leads to a device that is called, by commands as they are printed', async (t) => {
  const data = await dataDir(t);
  const started = start(t, data);
  await started.printed('--pair CODE');
  const [, page = '', command = ''] =
    /» next: open (\S+) and sign in \(any name.*\n.*\n {4}(node .*)\n/.exec(started.output) ?? [];
  const alice = new HttpBrowser();
  const { url } = await alice.visit(new URL('/api/auth/login?return_to=/', page), 'alice');
  assert.equal(url.href, new URL('/', page).href);
  const made = await alice.fetch(new URL('/api/pairing/tokens', page), {
    method: 'POST',
    headers: { 'x-visiona-csrf': '1', 'content-type': 'application/json' },
    body: '{}',
  });
  const { code } = (await made.json()) as { code: string };

  const agent = spawn('sh', ['-c', `exec ${command.replace('CODE', code)}`], { cwd: root, stdio: 'ignore' });
  t.after(() => agent.kill('SIGKILL'));
  await started.printed('/system\n');
  assert.match(started.output, /^ {4}TOKEN=\$\(node dist\S+ token --dev-op-addr 127\.0\.0\.1:\d+\)$/m);
  const [, call = ''] = /^ {4}curl -H "Authorization: Bearer \$TOKEN" (\S+)$/m.exec(started.output) ?? [];
  await started.printed(`"deviceId":"${call.split('/').at(-2)}","epoch"`);
  const answer = await alice.fetch(call);
  assert.equal(answer.status, 200);
  assert.match(((await answer.json()) as { hostname: string }).hostname, /^edge-/);
});

test('who signs in as demo sees the simulated device', async (t) => {
  const started = start(t, await dataDir(t));
  await started.printed('--pair CODE');
  const [, page = ''] = /» next: open (\S+) and sign in/.exec(started.output) ?? [];
  for (const [name, devices] of [
    ['demo', ['simulated']],
    ['alice', []],
  ] as const) {
    const browser = new HttpBrowser();
    await browser.visit(new URL('/api/auth/login?return_to=/', page), name);
    const list = await browser.fetch(new URL('/api/devices', page));
    assert.equal(list.status, 200);
    assert.deepEqual(
      ((await list.json()) as { items: { name: string }[] }).items.map((device) => device.name),
      devices,
    );
  }
});

test('a port that is taken is one sentence and exit code 1', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await new Promise((listening) => taken.once('listening', listening));
  const address = taken.address();
  assert.ok(address !== null && typeof address === 'object');
  const started = start(t, await dataDir(t), { VISIONA_TUNNEL_ADDR: `127.0.0.1:${address.port}` });
  assert.equal(await started.exited, 1);
  const [sentence, ...more] = started.errors.trim().split('\n');
  assert.match(sentence ?? '', new RegExp(`127\\.0\\.0\\.1:${address.port}`));
  assert.deepEqual(more, []);
});

test('a configuration that cannot work is said before a device is added', async (t) => {
  const data = await dataDir(t);
  const first = start(t, data, { INTERNAL_SECRET: 'x'.repeat(32), VISIONA_PUBLIC_URL: 'nonsense' });
  assert.equal(await first.exited, 1);
  assert.match(first.errors, /^VISIONA_PUBLIC_URL: /m);
  assert.doesNotMatch(first.output, /» device: /);
});
