import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreClient } from '../../src/store/client/store-client.js';
import { startStoreProcess } from '../../src/store/client/store-process.js';
import { openStore } from '../../src/store/open-store.js';
import type { ProvisionedDevice } from '../../src/store/ports/devices.js';
import type { StoreError } from '../../src/store/ports/errors.js';
import { sized } from '../support/sized.js';
import { audit } from './audit.js';
import { withTempDir } from './temp-dir.js';

const WRITES = sized(300, 1_000);
const KILLS = sized(20, 500);
const WRITERS = 8;
/** Devices a call, so that a call could be there in part. */
const BATCH = 3;
/** The longest that a process may write before it is killed, in ms: a few commits. */
const LIFE_MS = 40;

const batch = (name: string): string[] => Array(BATCH).fill(name);

test(`of ${WRITES} acknowledged writes none is lost or half when the store's process is killed again and again`, (t) =>
  withTempDir(async (dataDir) => {
    const client = new StoreClient();
    let host = await startStoreProcess(client, { dataDir });
    let restarted: Promise<unknown> = Promise.resolve();
    let over = false;
    let inDoubt = 0;
    const acknowledged: ProvisionedDevice[] = [];
    const owner = await client.ensureUser('https://id.example', 'alice');

    const write = async (name: string) => {
      for (let i = 0; !over; i += 1) {
        try {
          acknowledged.push(...(await client.provision(owner, batch(`${name}-${i}`))));
        } catch (error) {
          assert.match((error as StoreError).code, /^ERR_STORE_(UNAVAILABLE|OUTCOME_UNKNOWN)$/);
          inDoubt += 1;
          await restarted;
        }
      }
    };
    const writers = Promise.all(Array.from({ length: WRITERS }, (_, i) => write(`cam-${i}`)));
    // Another process of the same file, which must not be hurt.
    const neighbour = await openStore({ dataDir });
    try {
      for (let kills = 0; kills < KILLS || acknowledged.length < WRITES * BATCH; kills += 1) {
        await delay(Math.random() * LIFE_MS);
        const { exited } = host;
        host.kill('test');
        const beside = neighbour.provision(owner, batch(`beside-${kills}`));
        const next = exited.then(() => startStoreProcess(client, { dataDir }));
        restarted = next;
        acknowledged.push(...(await beside));
        host = await next;
      }
    } finally {
      over = true;
      await writers;
      await client.close();
      await host.stop(5_000);
      await neighbour.close();
    }
    t.diagnostic(`${acknowledged.length / BATCH} writes acknowledged, ${inDoubt} in doubt`);
    assert.ok(inDoubt > 0, 'a kill met a write');
    await audit(dataDir, acknowledged, BATCH);
  }));
