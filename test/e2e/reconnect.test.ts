import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { BlackHole } from '../support/blackhole.js';
import { sized } from '../support/sized.js';
import { ask, forward } from './kit/internal-client.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';
import { openWebSocket } from './kit/websocket-service.js';

let proxy: ProxyProcess;

before(async () => {
  proxy = await ProxyProcess.start();
});
after(() => proxy.stop());

/** One call, answered by this device with this text. */
async function answeredBy(device: ScriptedDevice, token: string, text: string): Promise<void> {
  const answer = forward(proxy, token);
  const { stream } = await device.request();
  await stream.answer(text);
  assert.equal((await answer).text, text);
}

interface Listed {
  readonly epoch: number;
}

async function sessions(): Promise<Listed[]> {
  return JSON.parse((await ask(proxy, '/internal/sessions')).text).items;
}

test('a device that dials again from behind a black hole is served at once; its old connection changes nothing', async () => {
  const { sessionToken } = await proxy.device();
  const hole = await BlackHole.start(proxy.tunnelPort);
  const old = await ScriptedDevice.connect(`ws://127.0.0.1:${hole.port}/tunnel/connect`, sessionToken);
  await answeredBy(old, sessionToken, 'old');
  const pending = forward(proxy, sessionToken, { target: '/pending' });
  await old.request();
  hole.hole();

  const from = proxy.program.logged;
  const next = await ScriptedDevice.connect(proxy.tunnelUrl, sessionToken);
  const began = performance.now();
  // What was with the old connection is sent once more to the one that serves now.
  const { stream } = await next.request();
  await stream.answer('new');
  assert.equal((await pending).text, 'new');
  await answeredBy(next, sessionToken, 'newer');
  const closed = await proxy.program.line('device disconnected', from);
  assert.deepEqual([closed.epoch, closed.reason], [1, 'replaced']);
  assert.ok(performance.now() - began < 1000, 'the old connection lived on');

  hole.cut();
  assert.equal((await old.closed).code, 1006);
  await answeredBy(next, sessionToken, 'newest');
  assert.deepEqual(
    (await sessions()).map(({ epoch }) => epoch),
    [2],
  );
  await hole.close();
  await next.close();
});

test('a device that loses its connection again and again is let in each time, and stays, whatever freed memory holds', async () => {
  // glibc fills what is freed with this byte: a listener that reads it takes it for an order to close (late-upgrade.ts).
  const fragile = await ProxyProcess.start({ hosts: 1, env: { GLIBC_TUNABLES: 'glibc.malloc.perturb=16' } });
  try {
    const { sessionToken } = await fragile.device();
    for (let times = 0; times < sized(30, 1000); times += 1) {
      const device = await ScriptedDevice.connect(fragile.tunnelUrl, sessionToken);
      const bridged = await openWebSocket(fragile, sessionToken, device);
      bridged.device.on('error', () => {});
      bridged.caller.send('hello');
      assert.equal(String((await once(bridged.device, 'message'))[0]), 'hello');
      device.drop();
      await device.closed;
    }
  } finally {
    await fragile.stop();
  }
});
