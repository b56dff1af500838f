import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runToEnd } from './kit/program.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';

let proxy: ProxyProcess;
let url: string;

before(async () => {
  proxy = await ProxyProcess.start({ hosts: 1 });
  url = `http://127.0.0.1:${proxy.internalPort}`;
});
after(() => proxy.remove());

const list = (flags: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  runToEnd(['device', 'list', '--data-dir', proxy.dataDir, ...flags], env);

interface Line {
  readonly deviceId: string;
  readonly online: boolean | null;
}

const lines = (stdout: string): Line[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('O5: device list says who is online, where remote-proxy can be asked', async () => {
  const [there, gone] = await proxy.provision(2);
  assert.ok(there !== undefined && gone !== undefined);
  await (await ScriptedDevice.connect(proxy.tunnelUrl, gone.sessionToken)).close();
  await proxy.program.line('device disconnected');
  const device = await ScriptedDevice.connect(proxy.tunnelUrl, there.sessionToken);

  const env = { INTERNAL_SECRET: proxy.secret, VISIONA_PROXY_URL: url };
  const asked = await list(['--json'], env);
  assert.deepEqual([asked.code, asked.stderr], [0, '']);
  assert.deepEqual(
    lines(asked.stdout).map(({ deviceId, online }) => [deviceId, online]),
    [
      [there.deviceId, true],
      [gone.deviceId, false],
    ],
  );
  const { stdout } = await list([], env);
  assert.match(stdout, new RegExp(`^${there.deviceId} +online since \\d`, 'm'));
  assert.match(stdout, new RegExp(`^${gone.deviceId} +offline, last connected \\d`, 'm'));

  const withoutSecret = await list(['--json']);
  assert.deepEqual([withoutSecret.code, withoutSecret.stderr], [0, '']);
  assert.ok(lines(withoutSecret.stdout).every(({ online }) => online === null));

  await device.close();
  await proxy.program.stop();
  const down = await list(['--json'], env);
  assert.equal(down.code, 0);
  assert.match(down.stderr, /^visiona: who is online is not known: [^\n]*\n$/);
  assert.ok(!down.stderr.includes(proxy.secret));
  assert.equal(lines(down.stdout).length, 2);
});
