import assert from 'node:assert/strict';
import { one, type SqlValue } from '../../../src/store/engine/engine.js';
import { openStore } from '../../../src/store/open-store.js';
import { openPostgres } from '../../../src/store/postgres/postgres-engine.js';
import { openSqlite } from '../../../src/store/sqlite/sqlite-engine.js';
import { testEach } from '../locations.js';

// @photostructure/sqlite 1.2.1 and node:sqlite take a Date in front for named parameters, and store the others a place too
// early; true is 1, or an error.
testEach(
  'what is bound is text, a number or null: anything else is refused, and shifts no value',
  async ({ location }) => {
    await (await openStore(location)).close();
    const { dataDir, databaseUrl: url } = location;
    const engine =
      url === undefined ? await openSqlite(dataDir) : openPostgres({ url, max: 1, patience: 'call' });
    const echo = (...values: unknown[]) =>
      engine.read(() => one('SELECT CAST(? AS TEXT) AS a, CAST(? AS TEXT) AS b', ...(values as SqlValue[])));
    try {
      for (const odd of [new Date(), true, undefined, 1n, {}, ['x']]) {
        await assert.rejects(echo(odd, 'x'), {
          code: 'ERR_STORE_INPUT',
          message: /^a parameter is neither text/,
        });
      }
      assert.deepEqual(JSON.parse(JSON.stringify(await echo('1', null))), { a: '1', b: null });
    } finally {
      await engine.close();
    }
  },
);
