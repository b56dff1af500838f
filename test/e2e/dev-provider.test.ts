import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { withTempDir } from '../store/temp-dir.js';
import { INSPECTED, Inspector } from './kit/inspector.js';
import { runToEnd } from './kit/program.js';
import { RestProcess } from './kit/rest-process.js';
import { ScriptedDevice } from './kit/scripted-device.js';

const SERVES = 'the development OpenID provider signs anybody in; set OIDC_ISSUER for a real one';
const ENDED = 'the development OpenID provider ended';

/** The session host and the provider. */
const WORKERS = 2;

/** Statements for every worker that have an effect in the one that has a TCP listener. */
const inProvider = (fault: string): string =>
  `if (process.getActiveResourcesInfo().includes('TCPServerWrap')) ${fault}`;

test('the provider’s thread ends by a fault: API, tunnels and calls go on, and people sign in later', async (t) => {
  const up = await RestProcess.start('up', INSPECTED);
  const inspector = await Inspector.attach(up.program, WORKERS);
  t.after(async () => {
    await inspector.detach();
    await up.close();
  });
  const alice = await up.signIn('alice');
  const { deviceId, sessionToken } = await alice.pair();
  const device = await ScriptedDevice.connect(up.tunnelUrl, sessionToken);
  const faults = [
    [`throw new Error('from outside')`, /from outside/],
    ['process.exit(3)', /code: 3/],
  ] as const;

  for (const [at, [fault, reason]] of faults.entries()) {
    const call = alice.get(`/api/devices/${deviceId}/proxy/during`);
    const { stream } = await device.request();
    const from = up.program.logged;
    await inspector.run(inProvider(fault), WORKERS);
    assert.match(String((await up.program.line(ENDED, from)).reason), reason);
    assert.equal((await alice.me()).name, 'alice');
    await stream.answer('still here');
    assert.equal(await (await call).text(), 'still here');

    await up.program.line(SERVES, from);
    assert.equal((await (await up.signIn(`bob-${at}`)).me()).name, `bob-${at}`);
    await inspector.lost(at + 1);
    await inspector.attached(WORKERS);
  }

  const logout = await alice.send('POST', '/api/auth/logout');
  const { endSessionUrl } = (await logout.json()) as { endSessionUrl: string };
  assert.equal((await alice.browser.fetch(endSessionUrl)).status, 200, 'its keys are what they were');
  await device.close();
});

test('a sign-in leaves the main thread without AsyncLocalStorage, which would slow every call on it', async (t) => {
  const probe = new URL('./kit/async-storage-probe.js', import.meta.url);
  const up = await RestProcess.start('up', { NODE_OPTIONS: `--import=${probe.href}` });
  t.after(() => up.close());
  assert.equal((await (await up.signIn('alice')).me()).name, 'alice');
  await up.program.said(/AsyncLocalStorage in/);
  assert.doesNotMatch(up.program.errors, /AsyncLocalStorage in the main thread/);
  assert.match(up.program.errors, /AsyncLocalStorage in a worker/);
});

test('a provider whose port is taken is one sentence, and the start ends with 1', (t) =>
  withTempDir(async (dataDir) => {
    const other = createServer().listen(0, '127.0.0.1');
    t.after(() => other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await runToEnd(['up'], {
      VISIONA_DATA_DIR: dataDir,
      VISIONA_API_ADDR: '127.0.0.1:0',
      VISIONA_TUNNEL_ADDR: '127.0.0.1:0',
      VISIONA_INTERNAL_ADDR: '127.0.0.1:0',
      VISIONA_OPS_ADDR: '127.0.0.1:0',
      VISIONA_DEV_OP_ADDR: `127.0.0.1:${port}`,
    });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^visiona: cannot listen on 127\\.0\\.0\\.1:${port}: [^\n]+\n$`));
  }));
