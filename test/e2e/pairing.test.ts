import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { openStore } from '../../src/store/open-store.js';
import { logged, scratch, spawnAgent } from '../agent/agent-process.js';
import { pairingOver } from '../support/pairing-over.js';
import { exchange, type Person, RestProcess } from './kit/rest-process.js';

interface Listed {
  readonly deviceId: string;
  readonly name: string;
  readonly online: boolean;
}

async function devicesOf(person: Person): Promise<readonly Listed[]> {
  const answer = await person.get('/api/devices?limit=200');
  return ((await answer.json()) as { items: Listed[] }).items;
}

describe('pairing through visiona up', () => {
  let up: RestProcess;
  let alice: Person;
  before(async () => {
    up = await RestProcess.start('up');
    alice = await up.signIn('alice');
  });
  after(() => up.close());

  const devices = (): Promise<readonly Listed[]> => devicesOf(alice);

  /** A fresh machine with a token file of its own. */
  function agentWith(t: TestContext, ...args: string[]) {
    const tokenFile = join(scratch(t), 'state', 'token');
    return { tokenFile, agent: spawnAgent(t, ['--simulate', '--token-file', tokenFile, ...args]) };
  }

  test('from a code to a request through the device, by one command; then without the code; then it is unpaired', async (t) => {
    const { code, token } = await alice.mint({ name: 'Gate' });
    const { tokenFile, agent } = agentWith(t, '--public-url', up.url('/'), '--pair', code);
    const { deviceId } = await logged(agent, 'paired');
    await logged(agent, 'tunnel up');
    const [device] = await devices();
    assert.deepEqual([device?.deviceId, device?.name, device?.online], [deviceId, 'Gate', true]);
    const system = await alice.get(`/api/devices/${deviceId}/system`);
    assert.equal(((await system.json()) as { model: string }).model, 'visionA Edge (virtual)');
    await agent.stop();

    const later = spawnAgent(t, ['--simulate', '--token-file', tokenFile]);
    await logged(later, 'tunnel up');
    assert.equal((await alice.get(`/api/devices/${deviceId}/system`)).status, 200);

    assert.equal((await alice.send('DELETE', `/api/devices/${deviceId}`)).status, 204);
    await logged(later, /pair the device again/);
    assert.deepEqual(await devices(), []);
    const sessionToken = (await readFile(tokenFile, 'utf8')).trim();
    for (const secret of [code, code.replace('-', ''), token, sessionToken]) {
      assert.ok(!up.program.output.includes(secret), 'a secret is logged');
    }
  });

  test('S12: a name has 128 characters, whichever they are, where it is paired, given by a code, and changed', async () => {
    const name = '\u{1F600}'.repeat(128);
    const { code } = await alice.mint();
    const paired = await exchange(up, code, name);
    assert.equal(paired.status, 200);
    const { deviceId } = (await paired.json()) as { deviceId: string };
    const named = await exchange(up, (await alice.mint({ name })).code);
    assert.equal(named.status, 200);
    for (const [given, status] of [
      [name, 200],
      [`${name}x`, 400],
    ] as const) {
      const answer = await alice.send('PATCH', `/api/devices/${deviceId}`, { name: given });
      assert.equal(answer.status, status);
    }
    assert.equal((await devices()).filter((each) => each.name === name).length, 2);
  });

  test('attack 41: 100 at once, over HTTP and the real store: one success', async () => {
    const { code, token } = await alice.mint();
    const before = (await devices()).length;
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => exchange(up, i % 2 ? code : token)),
    );
    const statuses = answers.map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 200).length, 1);
    assert.ok(statuses.every((status) => [200, 400, 429].includes(status)));
    assert.equal((await devices()).length, before + 1);
    await Promise.all(answers.map((answer) => answer.text()));
  });
});

test('attack 43: the whole of it is killed with exchanges under way: at most one session token works', async () => {
  // Of its own: the tries of others count across a restart.
  const up = await RestProcess.start('up');
  const alice = await up.signIn('alice');
  for (const children of [false, true]) {
    const { code, tokenId } = await alice.mint();
    const before = (await devicesOf(alice)).length;
    const asked = Array.from({ length: 8 }, () =>
      exchange(up, code).then(
        ({ status }) => status,
        () => 'cut',
      ),
    );
    await Promise.race(asked);
    if (children) for (const pid of up.program.children) process.kill(pid, 'SIGKILL');
    await up.program.kill();
    const answers = await Promise.all(asked);
    assert.ok(answers.filter((status) => status === 200).length <= 1);
    await up.restart();
    const paired = (await devicesOf(alice)).length - before;
    assert.ok(paired <= 1);
    const { status } = await exchange(up, code);
    assert.equal(status, paired === 1 ? 400 : 200);
    assert.equal((await devicesOf(alice)).length, before + 1);
    const tokens = (await (await alice.get('/api/pairing/tokens?limit=200')).json()) as {
      items: { tokenId: string; state: string }[];
    };
    assert.equal(tokens.items.find((item) => item.tokenId === tokenId)?.state, 'used');
  }
  await up.close();
});

test('an api-server of its own pairs devices too, and tells them the tunnel URL that it was given', async () => {
  const tunnelUrl = 'wss://tunnel.visiona.example/';
  const api = await RestProcess.start('api-server', { VISIONA_TUNNEL_URL: tunnelUrl });
  try {
    const exchanged = await exchange(api, await mintIn(api.dataDir));
    const paired = (await exchanged.json()) as Record<string, string>;
    assert.equal(exchanged.status, 200);
    assert.equal(paired.tunnelUrl, tunnelUrl);
  } finally {
    await api.close();
  }
});

test('where devices would be told to dial themselves, the log says so', async () => {
  const api = await RestProcess.start('api-server', { VISIONA_PUBLIC_URL: 'https://visiona.example' });
  try {
    assert.match(api.program.output, /set VISIONA_TUNNEL_URL/);
  } finally {
    await api.close();
  }
});

/** A pairing token of somebody, beside the running process. */
async function mintIn(dataDir: string): Promise<string> {
  const store = await openStore({ dataDir });
  try {
    const pairing = pairingOver(store);
    return (await pairing.mint(await store.ensureUser('urn:visiona:test', 'bob'))).token;
  } finally {
    await store.close();
  }
}
