import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import pg from 'pg';
import { Connection } from '../../../src/store/postgres/postgres-connection.js';

interface Known {
  readonly isUsed: boolean;
  readonly isOwn: boolean;
  /** Whether new connections can write. */
  readonly elsewhere?: boolean;
}

/** A client whose next statement fails with this SQLSTATE. */
function failing(state: string, { isUsed, isOwn, elsewhere }: Known) {
  const told: string[] = [];
  const client = Object.assign(new EventEmitter(), {
    query: async () => {
      throw Object.assign(new pg.DatabaseError('it is so', 8, 'error'), { code: state });
    },
    release: (broken: boolean) => void told.push(broken ? 'dropped' : 'kept'),
  });
  const connection = new Connection(client as unknown as pg.PoolClient, {
    database: 'the database',
    isOwn,
    isUsed,
    limits: {},
    heard: () => told.push('heard'),
    lost: () => told.push('lost'),
    renew: () => told.push('renew'),
    canWriteElsewhere: async () => elsewhere,
    share: () => told.push('share'),
    released: () => told.push('released'),
  });
  return { connection, told };
}

for (const [state, known, again, told] of [
  [
    '25006',
    { isUsed: true, isOwn: true, elsewhere: true },
    'elsewhere',
    ['heard', 'renew', 'kept', 'released'],
  ],
  ['25006', { isUsed: true, isOwn: true, elsewhere: false }, undefined, ['heard', 'kept', 'released']],
  ['25006', { isUsed: true, isOwn: true }, undefined, ['heard', 'dropped', 'released']],
  ['25006', { isUsed: false, isOwn: true, elsewhere: true }, undefined, ['heard', 'kept', 'released']],
  ['0A000', { isUsed: true, isOwn: true }, 'elsewhere', ['heard', 'renew', 'dropped', 'released']],
  ['42P05', { isUsed: false, isOwn: true }, 'elsewhere', ['heard', 'share', 'dropped', 'released']],
  ['26000', { isUsed: true, isOwn: true }, 'elsewhere', ['heard', 'share', 'dropped', 'released']],
  ['42P05', { isUsed: true, isOwn: false }, undefined, ['heard', 'dropped', 'released']],
  ['40P01', { isUsed: true, isOwn: true }, 'later', ['heard', 'kept', 'released']],
  ['23505', { isUsed: true, isOwn: true }, undefined, ['heard', 'kept', 'released']],
] as const satisfies readonly (readonly [string, Known, string | undefined, readonly string[]])[]) {
  const what = `${known.isUsed ? 'an old' : 'a new'} ${known.isOwn ? '' : 'shared '}connection`;
  const others = 'elsewhere' in known ? `, others can ${known.elsewhere ? '' : 'not '}write` : '';
  test(`SQLSTATE ${state} on ${what}${others}: ${again === undefined ? 'told' : `tried again ${again}`}`, async () => {
    const { connection, told: heard } = failing(state, known);
    await assert.rejects(connection.query({ sql: 'SELECT 1', params: [], wants: 'rows' }));
    assert.equal(await connection.again(), again);
    connection.release();
    assert.deepEqual(heard, told);
  });
}

test('what was sent with a COMMIT is never tried again unless it is undone', async () => {
  const { connection } = failing('25006', { isUsed: true, isOwn: true });
  await assert.rejects(connection.commit(), { code: 'ERR_STORE_OUTCOME_UNKNOWN' });
  assert.equal(await connection.again(), undefined);
});
