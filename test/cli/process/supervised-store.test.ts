import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { provideStore } from '../../../src/cli/compose/common.js';
import { createContainer } from '../../../src/cli/compose/provide.js';
import { T } from '../../../src/cli/compose/tokens.js';
import type { SupervisedStore } from '../../../src/cli/process/supervised-store.js';
import { createLogger } from '../../../src/observability/log.js';
import type { StoreClient } from '../../../src/store/client/store-client.js';
import { openStore } from '../../../src/store/open-store.js';
import { openDatabase } from '../../../src/store/sqlite/sqlite.js';
import { childrenOf, isRunning } from '../../e2e/kit/program.js';
import { withTempDir } from '../../store/temp-dir.js';

const ISSUER = 'https://id.example';

interface Running {
  readonly dataDir: string;
  readonly client: StoreClient;
  readonly store: SupervisedStore;
  /** What was logged. */
  readonly lines: string[];
  /** The store's process. */
  pid(): number;
}

function withStore(body: (running: Running, t: TestContext) => Promise<void>) {
  return (t: TestContext) =>
    withTempDir(async (dataDir) => {
      const lines: string[] = [];
      const log = createLogger('info', { write: (line: string) => void lines.push(line) });
      const c = createContainer();
      provideStore(c, { dataDir, databaseUrl: undefined, databasePool: 1 }, log);
      const store = c.resolve(T.supervisedStore);
      await store.start();
      const pid = (): number => {
        const [first] = childrenOf(process.pid);
        assert.ok(first !== undefined, 'there is no store process');
        return first;
      };
      try {
        await body({ dataDir, client: c.resolve(T.store), store, lines, pid }, t);
      } finally {
        await store.stop();
      }
    });
}

test(
  'a stop answers the writes asked for before it, however long they take, and refuses later ones',
  withStore(async ({ dataDir, client, store, pid, lines }) => {
    const owner = await client.ensureUser(ISSUER, 'alice');
    const process = pid();
    const other = await openDatabase(dataDir);
    other.exec('BEGIN IMMEDIATE');
    const asked = Array.from({ length: 200 }, (_, i) => client.provision(owner, [`cam-${i}`]));
    const stopped = store.stop();
    await assert.rejects(client.provision(owner, ['late']), { code: 'ERR_STORE_CLOSED' });
    other.exec('ROLLBACK');
    other.close();
    const made = (await Promise.all(asked)).flat();
    await stopped;
    assert.equal((await store.exited).kind, 'normal');
    assert.equal(isRunning(process), false);
    assert.deepEqual(lines, []);
    const reader = await openStore({ dataDir });
    const { items } = await reader.listDevices(owner, { limit: 1_000 });
    await reader.close();
    assert.deepEqual(
      items.map((device) => device.deviceId),
      made.map((device) => device.deviceId),
    );
  }),
);

test(
  'a stop while the store is being restarted answers what waits for it',
  withStore(async ({ client, store, pid, lines }) => {
    process.kill(pid(), 'SIGKILL');
    const waiting = client.ensureUser(ISSUER, 'alice');
    await store.stop();
    assert.match(await waiting, /^[0-9a-f-]{36}$/);
    assert.match(lines.join(''), /the store process ended/);
  }),
);

test(
  'a store that is killed is restarted before the calls that wait for it give up',
  withStore(async ({ client, pid, lines }, t) => {
    const owner = await client.ensureUser(ISSUER, 'alice');
    for (let kill = 1; kill <= 2; kill += 1) {
      const killed = performance.now();
      process.kill(pid(), 'SIGKILL');
      assert.equal(await client.findUser(ISSUER, 'alice'), owner);
      t.diagnostic(`kill ${kill}: away for ${Math.round(performance.now() - killed)} ms`);
      assert.equal((await client.provision(owner, ['cam'])).length, 1);
    }
    const said = lines.map((line) => JSON.parse(line).msg);
    assert.deepEqual(said, Array(2).fill(['the store process ended', 'the store process runs again']).flat());
    assert.equal((await client.listDevices(owner, { limit: 10 })).items.length, 2);
  }),
);
