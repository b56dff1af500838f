import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { StoreError } from '../../../src/store/ports/errors.js';
import { isConflict, postgresError } from '../../../src/store/postgres/postgres-errors.js';

const PLACE = 'the PostgreSQL database "db" at h:5432';

function said(state: string): pg.DatabaseError {
  const error = new pg.DatabaseError('it is so', 8, 'error');
  error.code = state;
  error.detail = 'Key (token_hash)=(abc) already exists.';
  return error;
}

for (const [state, code] of [
  ['08006', 'ERR_STORE_UNAVAILABLE'],
  ['57P01', 'ERR_STORE_UNAVAILABLE'],
  ['53300', 'ERR_STORE_BUSY'],
  ['25006', 'ERR_STORE_READ_ONLY'],
  ['53200', 'ERR_STORE_UNAVAILABLE'],
  ['58030', 'ERR_STORE_UNAVAILABLE'],
  ['XX000', 'ERR_STORE_UNAVAILABLE'],
  ['26000', 'ERR_STORE_UNAVAILABLE'],
  ['42P05', 'ERR_STORE_UNAVAILABLE'],
  ['42P01', 'ERR_STORE_ACCESS'],
  ['0A000', 'ERR_STORE_UNAVAILABLE'],
  ['28P01', 'ERR_STORE_ACCESS'],
  ['3D000', 'ERR_STORE_ACCESS'],
  ['57014', 'ERR_STORE_BUSY'],
  ['40P01', 'ERR_STORE_BUSY'],
  ['53100', 'ERR_STORE_FULL'],
  ['23505', 'ERR_STORE_CONFLICT'],
  ['22021', 'ERR_STORE_INPUT'],
] as const) {
  test(`SQLSTATE ${state} is ${code}, and shows no row`, () => {
    const error = postgresError(said(state), PLACE);
    assert.ok(error instanceof StoreError);
    assert.equal(error.code, code);
    assert.match(error.message, new RegExp(`it is so \\(SQLSTATE ${state}\\)$`));
    assert.equal(error.cause, undefined);
  });
}

test('a fault of ours is no error of the store', () => {
  const error = postgresError(said('42601'), PLACE);
  assert.ok(error instanceof Error && !(error instanceof StoreError));
  assert.equal(error.message, `${PLACE}: it is so (SQLSTATE 42601)`);
});

test('what happened on the way is that it is not available, also where its code has five letters', () => {
  const reset = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
  const [one, other] = [
    new Error('connect ECONNREFUSED ::1:5432'),
    new Error('connect ECONNREFUSED 127.0.0.1:5432'),
  ];
  for (const [error, reason] of [
    [reset, 'write EPIPE'],
    [new AggregateError([one, other]), `${one.message}; ${other.message}`],
  ] as const) {
    const mapped = postgresError(error, PLACE);
    assert.ok(mapped instanceof StoreError);
    assert.deepEqual(
      [mapped.code, mapped.message],
      ['ERR_STORE_UNAVAILABLE', `the store is not available: ${PLACE}: ${reason}`],
    );
  }
});

test('only what another transaction caused is tried again', () => {
  assert.deepEqual(
    ['40001', '40P01', '57014', '23505'].map((state) => isConflict(said(state))),
    [true, true, false, false],
  );
});
