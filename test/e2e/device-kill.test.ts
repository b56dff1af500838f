import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openStore } from '../../src/store/open-store.js';
import type { ProvisionedDevice } from '../../src/store/ports/devices.js';
import { audit } from '../store/audit.js';
import { withTempDir } from '../store/temp-dir.js';
import { admit } from '../support/admit.js';
import { sized } from '../support/sized.js';
import { isRunning, Program } from './kit/program.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';

/** Commands that are killed before they have ended by themselves. */
const KILLS = sized(8, 100);
/** Proxies that are killed with a device on them. */
const KILLED_PROXIES = sized(2, 100);
/** Devices that one command adds: three transactions. */
const COUNT = 1_500;

function add(dataDir: string, user: string): Program {
  return new Program([
    ...['device', 'add', '--user', user, '--name', 'cam', '--count', `${COUNT}`, '--json'],
    ...['--data-dir', dataDir],
  ]);
}

/** The devices whose lines are whole. */
function printed(stdout: string): ProvisionedDevice[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

test('of the devices that commands have printed none is lost or half when one of two is killed', (t) =>
  withTempDir(async (dataDir) => {
    const began = performance.now();
    const acknowledged = printed((await add(dataDir, 'alice').exited).stdout);
    const took = performance.now() - began;
    let kills = 0;
    while (kills < KILLS) {
      const [killed, spared] = [add(dataDir, 'alice'), add(dataDir, 'bob')];
      // From before the file is opened to about when the last device is printed.
      await delay(Math.random() * took);
      const dead = await killed.kill();
      const whole = await spared.exited;
      assert.deepEqual([whole.code, whole.stderr], [0, '']);
      assert.equal(printed(whole.stdout).length, COUNT);
      kills += dead.signal === 'SIGKILL' ? 1 : 0;
      acknowledged.push(...printed(dead.stdout), ...printed(whole.stdout));
    }
    t.diagnostic(`${acknowledged.length} devices printed`);
    await audit(dataDir, acknowledged, 1);
  }));

test('devices are added while the store of a running proxy is killed, and are let in', async () => {
  const proxy = await ProxyProcess.start();
  try {
    const acknowledged: ProvisionedDevice[] = [];
    for (let round = 0; round < sized(3, 100); round += 1) {
      const adding = add(proxy.dataDir, 'alice');
      const from = proxy.program.logged;
      const [store] = proxy.program.children;
      assert.ok(store !== undefined);
      await delay(Math.random() * 300);
      process.kill(store, 'SIGKILL');
      const { code, stdout, stderr } = await adding.exited;
      assert.deepEqual([code, stderr], [0, '']);
      const added = printed(stdout);
      assert.equal(added.length, COUNT);
      acknowledged.push(...added);
      await proxy.program.line('the store process ended', from);
      const device = await ScriptedDevice.connect(proxy.tunnelUrl, added[0]!.sessionToken);
      await device.close();
    }
    await proxy.program.kill();
    await audit(proxy.dataDir, acknowledged, 1);
    await proxy.restartElsewhere();
  } finally {
    await proxy.stop();
  }
});

test('a proxy that is killed leaves no store process behind, and the epochs of its devices go on', async () => {
  const proxy = await ProxyProcess.start();
  try {
    const { sessionToken } = await proxy.device();
    for (let round = 0; round < KILLED_PROXIES; round += 1) {
      const device = await ScriptedDevice.connect(proxy.tunnelUrl, sessionToken);
      const [store] = proxy.program.children;
      assert.ok(store !== undefined);
      await proxy.program.kill();
      assert.equal(isRunning(store), false);
      await device.closed;
      await proxy.restartElsewhere();
    }
    const store = await openStore({ dataDir: proxy.dataDir });
    assert.equal((await admit(store, sessionToken))?.epoch, KILLED_PROXIES + 1);
    await store.close();
  } finally {
    await proxy.stop();
  }
});
