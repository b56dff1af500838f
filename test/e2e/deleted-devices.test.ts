import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoreLocation } from '../../src/store/location.js';
import { openStore } from '../../src/store/open-store.js';
import type { UserId } from '../../src/store/ports/ids.js';
import { NO_POSTGRES, TestSchema } from '../support/postgres.js';
import { sized } from '../support/sized.js';
import { runToEnd } from './kit/program.js';
import { RestProcess } from './kit/rest-process.js';

/** Devices that were deleted before the first that lives was added. */
const DELETED = sized(500, 3_000);

/** Far fewer than wait for a connection longer than it is waited for. */
const AT_ONCE = 50;

/** Adds what was deleted and what lives, in another process than the one that lists. */
async function fill(place: StoreLocation, owner: UserId): Promise<void> {
  const store = await openStore(place);
  for (let left = DELETED; left > 0; left -= AT_ONCE) {
    const devices = await store.provision(owner, Array(Math.min(left, AT_ONCE)).fill('gone'));
    await Promise.all(devices.map(({ deviceId }) => store.revokeDevice(owner, deviceId)));
  }
  await store.provision(owner, ['one', 'two', 'three']);
  await store.close();
}

async function check(databaseUrl?: string): Promise<void> {
  const env = databaseUrl === undefined ? undefined : { DATABASE_URL: databaseUrl };
  const up = await RestProcess.start('up', env);
  try {
    const place = { dataDir: up.dataDir, ...(databaseUrl !== undefined && { databaseUrl }) };
    const alice = await up.signIn('alice');
    const { userId } = (await (await alice.get('/api/auth/me')).json()) as { userId: UserId };
    await fill(place, userId);
    const part = async (query: string) => {
      const answer = (await (await alice.get(`/api/devices?${query}`)).json()) as {
        items: { name: string }[];
        nextCursor?: string;
      };
      return { names: answer.items.map(({ name }) => name), next: answer.nextCursor };
    };
    assert.deepEqual(await part(''), { names: ['one', 'two', 'three'], next: undefined });
    const first = await part('limit=2');
    assert.deepEqual(first.names, ['one', 'two']);
    assert.deepEqual((await part(`limit=2&cursor=${first.next}`)).names, ['three']);
    assert.deepEqual((await part('limit=1&q=thr')).names, ['three']);
    const { stdout } = await runToEnd(['device', 'list', '--json'], { VISIONA_DATA_DIR: up.dataDir, ...env });
    assert.equal(stdout.split('\n').length, 4);
  } finally {
    await up.close();
  }
}

test(`D3: SQLite: ${DELETED} deleted devices are in front of no list`, () => check());

test(`D3: PostgreSQL: ${DELETED} deleted devices are in front of no list`, {
  skip: NO_POSTGRES,
}, async () => {
  const schema = await TestSchema.create();
  await check(schema.url);
  await schema.drop();
});
