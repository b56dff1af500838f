import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pg from 'pg';
import type { StoreLocation } from '../../src/store/location.js';
import { openStore } from '../../src/store/open-store.js';
import type { DeviceId, UserId } from '../../src/store/ports/ids.js';
import { openDatabase } from '../../src/store/sqlite/sqlite.js';
import { NO_POSTGRES, TestSchema } from '../support/postgres.js';
import { sized } from '../support/sized.js';
import { type Outcome, obey } from './kit/obedient-client.js';
import { exchange, type Person, RestProcess } from './kit/rest-process.js';

const KILLS = sized(5, 60);
/** Requests of each kind in a round. */
const WIDTH = 2;

/** What one request was to do, and rows that say how often it did. */
interface Deed {
  readonly what: string;
  readonly outcome: Promise<Outcome>;
  readonly rows: string;
}

const entries = (target: string, action: string) =>
  `audit_log WHERE target = '${target}' AND action = '${action}'`;

/** One request of each kind that writes. */
async function deeds(up: RestProcess, person: Person, ids: readonly DeviceId[], n: string): Promise<Deed[]> {
  const [renamed = '', rotated = '', deleted = ''] = ids;
  const several = await person.mint({ uses: 5 });
  const unused = await person.mint({ name: `unused ${n}` });
  const deed = (method: string, path: string, rows: string, body?: object): Deed => ({
    what: `${method} ${path}`,
    outcome: obey(method, () => person.send(method, path, body)),
    rows,
  });
  return [
    deed('PATCH', `/api/devices/${renamed}`, entries(renamed, 'device.updated'), { name: 'gate' }),
    deed('POST', `/api/devices/${rotated}/credentials/rotate`, entries(rotated, 'credential.rotated')),
    deed('DELETE', `/api/devices/${deleted}`, entries(deleted, 'device.revoked')),
    deed('POST', '/api/pairing/tokens', `pairing_tokens WHERE name = 'made ${n}'`, { name: `made ${n}` }),
    deed('DELETE', `/api/pairing/tokens/${unused.tokenId}`, entries(unused.tokenId, 'pairing-token.revoked')),
    {
      what: 'POST /api/pairing/exchange',
      outcome: obey('POST', () => exchange(up, several.token, `paired ${n}`)),
      rows: `devices WHERE name = 'paired ${n}'`,
    },
  ];
}

/** The processes below it that are a store; there is one. */
function killStore(up: RestProcess): void {
  for (const pid of up.program.children) process.kill(pid, 'SIGKILL');
}

async function check(t: TestContext, databaseUrl?: string): Promise<void> {
  const env = {
    VISIONA_USER_WRITES: '100000',
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
  };
  const up = await RestProcess.start('up', env);
  try {
    const place = { dataDir: up.dataDir, ...(databaseUrl !== undefined && { databaseUrl }) };
    const done: (Omit<Deed, 'outcome'> & { readonly outcome: Outcome })[] = [];
    const store = await openStore(place);
    for (let round = 0; round < KILLS; round += 1) {
      // Of a user of its own, as one has so many codes at most.
      const person = await up.signIn(`user-${round}`);
      const owner = (await person.me()).userId as UserId;
      const from = up.program.logged;
      const all: Deed[] = [];
      for (let i = 0; i < WIDTH; i += 1) {
        const made = await store.provision(owner, ['a', 'b', 'c']);
        const ids = made.map(({ deviceId }) => deviceId);
        all.push(...(await deeds(up, person, ids, `${round}-${i}`)));
      }
      for (let turns = Math.random() * 30; turns > 0; turns -= 1) await nextTurn();
      killStore(up);
      for (const { outcome, ...deed } of all) done.push({ ...deed, outcome: await outcome });
      await up.program.line('the store process runs again', from);
    }
    await store.close();
    t.diagnostic(done.map(({ outcome }) => outcome).join(' '));
    await compare(place, done);
  } finally {
    await up.close();
  }
}

async function compare(
  { dataDir, databaseUrl }: StoreLocation,
  done: readonly (Omit<Deed, 'outcome'> & { readonly outcome: Outcome })[],
): Promise<void> {
  const [sqlite, postgres] = databaseUrl
    ? [undefined, new pg.Client(databaseUrl)]
    : [await openDatabase(dataDir), undefined];
  await postgres?.connect();
  try {
    for (const { what, outcome, rows } of done) {
      const sql = `SELECT count(*) AS n FROM ${rows}`;
      const n = Number(sqlite?.prepare(sql).get().n ?? (await postgres?.query(sql))?.rows[0].n);
      const said = `${what} ended with ${outcome}, and was done ${n} times`;
      if (outcome === 'done' || outcome === 'gone') assert.equal(n, 1, said);
      else if (outcome === 'store-outcome-unknown') assert.ok(n <= 1, said);
      else assert.equal(n, 0, said);
    }
  } finally {
    sqlite?.close();
    await postgres?.end();
  }
}

const WHAT = `a client that does as docs/errors.md says does nothing twice, in ${KILLS} kills of the store`;

test(`attack 66, D1: SQLite: ${WHAT}`, (t) => check(t));

test(`attack 66, D1: PostgreSQL: ${WHAT}`, { skip: NO_POSTGRES }, async (t) => {
  const schema = await TestSchema.create();
  try {
    await check(t, schema.url);
  } finally {
    await schema.drop();
  }
});
