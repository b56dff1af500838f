import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../support/until.js';
import { INSPECTED, Inspector } from './kit/inspector.js';
import { ask, forward } from './kit/internal-client.js';
import { serve } from './kit/load.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';

const HOSTS = 4;
/** Of all of them, in less than the 30 s in which six ends of any ended the process. */
const ROUNDS = 2;

let proxy: ProxyProcess;
let inspector: Inspector;
let token: string;

before(async () => {
  proxy = await ProxyProcess.start({ hosts: HOSTS, env: INSPECTED });
  token = (await proxy.device()).sessionToken;
  inspector = await Inspector.attach(proxy.program, HOSTS);
});
after(async () => {
  await inspector.detach();
  await proxy.stop();
});

/** Session hosts that ended, and those that live, as the process counts them. */
async function hosts(): Promise<{ readonly ended: number; readonly live: number }> {
  const { text } = await ask(proxy, '/internal/metrics');
  const ends = [...text.matchAll(/^visiona_host_restarts_total\{.*\} (\d+)$/gm)];
  const live = [...text.matchAll(/^visiona_host_actors\{/gm)].length;
  return { ended: ends.reduce((sum, [, count]) => sum + Number(count), 0), live };
}

test('B4: each of four session hosts may end twice in a moment, and devices are served', async () => {
  for (let round = 1; round <= ROUNDS; round += 1) {
    await inspector.run("throw new Error('from outside')", HOSTS);
    await inspector.lost(round * HOSTS);
    await inspector.attached(HOSTS);
    await until(async () => {
      const { ended, live } = await hosts();
      return ended === round * HOSTS && live === HOSTS;
    });
  }
  const device = await ScriptedDevice.connect(proxy.tunnelUrl, token);
  serve(device);
  assert.equal((await forward(proxy, token, { target: '/still' })).text, '/still');
  device.drop();
});
