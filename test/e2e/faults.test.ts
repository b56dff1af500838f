import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { INSPECTED, Inspector } from './kit/inspector.js';
import { ask, forward } from './kit/internal-client.js';
import { Caller, serve } from './kit/load.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { DialRefused, dial, ScriptedDevice } from './kit/scripted-device.js';

const HOSTS = 2;
const MIB = 1 << 20;

let proxy: ProxyProcess;
let inspector: Inspector;
let tokens: string[];

before(async () => {
  proxy = await ProxyProcess.start({ hosts: HOSTS, env: INSPECTED });
  tokens = (await proxy.provision(60)).map(({ sessionToken }) => sessionToken);
  inspector = await Inspector.attach(proxy.program, HOSTS);
});
after(async () => {
  await inspector.detach();
  await proxy.stop();
});

function spare(): string {
  const token = tokens.pop();
  assert.ok(token !== undefined, 'provision more');
  return token;
}

/** A device that answers everything. */
async function served(token: string): Promise<ScriptedDevice> {
  const device = await ScriptedDevice.connect(proxy.tunnelUrl, token);
  serve(device);
  return device;
}

/** Twelve bytes a pong that nobody waits for: well-formed, and nothing bounds how many a device may send. */
function pongs(bytes: number): Buffer {
  const message = Buffer.alloc(bytes - (bytes % 12));
  for (let at = 0; at < message.length; at += 12) message.set([0, 2, 0, 2], at);
  return message;
}

test('a host that dies under load loses its own sessions only, with 1012, and they come back', async () => {
  const under = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const token = spare();
      const device = await served(token);
      return { token, device, caller: new Caller(proxy, token) };
    }),
  );
  const ended: string[] = [];
  const back = new Promise<void>((resolve, reject) => {
    let count = 0;
    const redial = async (token: string): Promise<void> => {
      await served(token);
      count += 1;
      if (count === under.length / HOSTS) resolve();
    };
    for (const { token, device } of under) {
      void device.closed.then(({ code }) => {
        if (code !== 1012) return;
        ended.push(token);
        redial(token).catch(reject);
      });
    }
  });
  await Promise.all(under.map(({ caller }) => caller.more(20)));
  const from = proxy.program.logged;
  await inspector.run(`throw new Error('from outside')`, 1);
  await proxy.program.line('a session host ended', from);
  await inspector.lost(1);
  await back;
  await Promise.all(under.map(({ caller }) => caller.more(50)));
  for (const { caller } of under) await caller.stop();

  assert.equal(ended.length, under.length / HOSTS);
  for (const { token, caller } of under) {
    if (!ended.includes(token)) assert.deepEqual(caller.failures, []);
    assert.equal((await forward(proxy, token, { target: '/after' })).text, '/after');
  }
  const { text } = await ask(proxy, '/internal/metrics');
  const restarts = [...text.matchAll(/^visiona_host_restarts_total\{.*\} (\d+)$/gm)].map(([, n]) =>
    Number(n),
  );
  assert.equal(
    restarts.reduce((sum, n) => sum + n),
    1,
  );
  for (const { device } of under) device.drop();
});

test('a device that floods while its host is held up ends its own tunnel only', async (t) => {
  await inspector.attached(HOSTS);
  const neighbours = [spare(), spare(), spare(), spare()];
  for (const token of neighbours) await served(token);
  const flood = dial(proxy.tunnelUrl, { Authorization: `Bearer ${spare()}` });
  await once(flood, 'open');
  flood.on('error', () => {});
  const closed = once(flood, 'close');
  proxy.program.forgetPeak();
  const idle = proxy.program.residentBytes;
  const release = join(proxy.dataDir, 'release');
  t.after(() => writeFile(release, ''));
  await inspector.run(
    `const idle = new Int32Array(new SharedArrayBuffer(4));
     const { existsSync } = process.getBuiltinModule('fs');
     while (!existsSync(${JSON.stringify(release)})) Atomics.wait(idle, 0, 0, 5);`,
    HOSTS,
  );
  const from = proxy.program.logged;
  const calls = neighbours.map((token) => forward(proxy, token, { target: '/held-up' }));

  const message = pongs(MIB);
  let sent = 0;
  while (flood.readyState === flood.OPEN) {
    await new Promise((resolve) => flood.send(message, resolve));
    // A write that the kernel takes at once ends before any reading: without a turn the close is never heard.
    await turn();
    sent += message.length;
    assert.ok(sent < 1024 * MIB, 'nothing ends the flood');
  }
  await closed;
  // It hears 4002, unless it is too busy to read it in time.
  const { reason } = await proxy.program.line('device disconnected', from);
  assert.equal(reason, 'protocol-error');
  const grown = proxy.program.peakBytes - idle;
  assert.ok(grown < 128 * MIB, `${Math.round(grown / MIB)} MiB above the idle process`);
  await writeFile(release, '');
  for (const call of calls) assert.equal((await call).text, '/held-up');
  for (const token of neighbours) assert.equal((await forward(proxy, token)).text, '/');
});

test('the store’s process is killed while devices dial: each is told or let in, no session is lost', async () => {
  const token = spare();
  const device = await served(token);
  const caller = new Caller(proxy, token);
  const [store] = proxy.program.children;
  assert.ok(store !== undefined);
  const from = proxy.program.logged;
  let killed = false;
  /** Dials again and again, until it was let in after the kill. */
  const dialler = async (sessionToken: string): Promise<void> => {
    for (;;) {
      const late = killed;
      try {
        const dialled = await ScriptedDevice.connect(proxy.tunnelUrl, sessionToken);
        await dialled.close();
        if (late) return;
      } catch (error) {
        if (!(error instanceof DialRefused)) throw error;
        assert.equal(error.status, 503);
        assert.ok(Number(error.retryAfter) >= 1);
      }
    }
  };
  const dialling = Promise.all(tokens.slice(0, 16).map(dialler));
  await caller.more(20);
  process.kill(store, 'SIGKILL');
  await proxy.program.line('the store process ended', from);
  killed = true;
  await dialling;
  await caller.more(20);
  await caller.stop();
  assert.deepEqual(caller.failures, []);
  assert.equal((await ask(proxy, '/internal/ready')).status, 200);
  device.drop();
});
