import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { tunnelsWithin } from '../../src/config/process-limits.js';
import { until } from '../support/until.js';
import { ask, forward } from './kit/internal-client.js';
import { serve } from './kit/load.js';
import { ProxyProcess } from './kit/proxy-process.js';
import { DialRefused, ScriptedDevice } from './kit/scripted-device.js';

const DESCRIPTORS = 256;
const ROOM = tunnelsWithin(DESCRIPTORS);
/** Devices that dial beyond it. */
const MORE = 100;

let proxy: ProxyProcess;
let tokens: string[];
const devices: ScriptedDevice[] = [];

before(async () => {
  const under = ['sh', '-c', `ulimit -n ${DESCRIPTORS}; exec "$@"`, 'sh'];
  proxy = await ProxyProcess.start({ hosts: 1, under });
  tokens = (await proxy.provision(ROOM + MORE)).map(({ sessionToken }) => sessionToken);
});
after(async () => {
  for (const device of devices) device.drop();
  await proxy.stop();
});

async function metric(name: string): Promise<number> {
  const { text } = await ask(proxy, '/internal/metrics');
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length),
  );
}

/** How a dial ended: undefined: it was let in. */
async function dial(token: string): Promise<unknown> {
  try {
    devices.push(await ScriptedDevice.connect(proxy.tunnelUrl, token));
    return undefined;
  } catch (error) {
    return error;
  }
}

test('attack 60, B3: devices that are more than there are descriptors get 503, and REST, internal API and store have theirs', async () => {
  const outcomes: unknown[] = [];
  for (const token of tokens) outcomes.push(await dial(token));
  assert.equal(devices.length, ROOM);
  for (const outcome of outcomes.slice(ROOM)) {
    assert.ok(outcome instanceof DialRefused, String(outcome));
    assert.deepEqual([outcome.status, outcome.retryAfter], [503, '10']);
  }
  assert.equal(await metric('visiona_dials_total{result="full"}'), MORE);
  await proxy.program.line('there is no room for more tunnels: devices are refused');
  const [first] = devices;
  serve(first as ScriptedDevice);
  assert.equal((await forward(proxy, tokens[0] ?? '', { target: '/served' })).text, '/served');
});

test('B3: connections of the devices’ listener that say nothing are closed when there are too many', async () => {
  const idle: Socket[] = [];
  let closed = 0;
  for (let i = 0; i < MORE; i += 1) {
    const socket = connect(proxy.tunnelPort, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => {
      closed += 1;
    });
    idle.push(socket);
    await once(socket, 'connect');
  }
  await until(async () => closed > MORE / 2);
  assert.equal((await ask(proxy, '/internal/health')).status, 200);
  for (const socket of idle) socket.destroy();
});

test('B3: there is room again for who dials after others have left', async () => {
  for (const device of devices.splice(1)) device.drop();
  await until(async () => (await metric('visiona_sessions')) === 1);
  assert.equal(await dial(tokens.at(-1) ?? ''), undefined);
});

test('B3: a store that cannot be started for want of descriptors says so, and is started once there are some', async () => {
  const callers: Socket[] = [];
  for (let i = 0; i < DESCRIPTORS; i += 1) {
    const socket = connect(proxy.internalPort, '127.0.0.1');
    socket.on('error', () => {});
    callers.push(socket);
    await once(socket, 'connect');
  }
  const from = proxy.program.logged;
  const [store] = proxy.program.children;
  process.kill(store as number, 'SIGKILL');
  const { reason } = await proxy.program.line('the store process did not start', from);
  assert.match(String(reason), /EMFILE/);
  for (const socket of callers) socket.destroy();
  await proxy.program.line('the store process runs again', from);
  assert.equal(await dial(tokens.at(-2) ?? ''), undefined);
});
