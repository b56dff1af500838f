import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { loadUpConfig } from '../../src/config/load.js';
import { describeConfig, unknownVariables } from '../../src/config/report.js';
import { given, tempDir } from './given.js';

const SECRET = 'kP3vN8sYq2Wm5Zt7Lr9Jx4Hc6Bf1Gd0A';

function row(name: string, env: Record<string, string>, flags: Record<string, string> = {}) {
  const found = describeConfig(given(env, flags)).rows.find((each) => each.name === name);
  return found && [found.value, found.source];
}

test('each value stands with its source', () => {
  assert.deepEqual(row('VISIONA_API_ADDR', {}), ['127.0.0.1:3721', 'default']);
  assert.deepEqual(row('VISIONA_API_ADDR', { VISIONA_API_ADDR: '[::1]:80' }), ['[::1]:80', 'env']);
  assert.deepEqual(row('VISIONA_API_ADDR', {}, { 'api-addr': 'a:1' }), ['a:1', 'flag']);
  assert.deepEqual(row('VISIONA_PUBLIC_URL', {}), ['(from the REST address)', 'unset']);
  assert.deepEqual(row('VISIONA_HOSTS', { VISIONA_HOSTS: 'many' }), ['invalid', 'env']);
});

test('secrets are set, generated or unset, never shown; looking makes no files', (t) => {
  const dir = tempDir(t);
  const env = { VISIONA_DATA_DIR: dir };
  assert.deepEqual(row('INTERNAL_SECRET', { ...env, INTERNAL_SECRET: SECRET }), ['set', 'env']);
  assert.deepEqual(row('DATABASE_URL', { ...env, DATABASE_URL: 'postgres://u:p@h/d' }), ['set', 'env']);
  assert.deepEqual(row('INTERNAL_SECRET', env), ['unset', 'unset']);
  assert.deepEqual(readdirSync(dir), []);
  loadUpConfig(given(env));
  assert.deepEqual(row('INTERNAL_SECRET', env), ['generated', 'generated']);
  assert.doesNotMatch(
    JSON.stringify(describeConfig(given({ ...env, SESSION_SECRET: SECRET }))),
    new RegExp(SECRET),
  );
});

test('every mistake is in the report', () => {
  const { issues } = describeConfig(given({ VISIONA_HOSTS: '0', VISIONA_HEARTBEAT_MS: '100000' }));
  assert.deepEqual(
    issues.map(({ name }) => name),
    ['VISIONA_HOSTS', 'VISIONA_IDLE_TIMEOUT_MS'],
  );
});

test('a misspelt variable is noticed; others under the prefix are left alone', () => {
  assert.deepEqual(
    unknownVariables({ VISIONA_API_ADR: 'x', VISIONA_SERVICE_HOST_K8S_LONG: 'x', PATH: 'x' }),
    [{ name: 'VISIONA_API_ADR', problem: 'nothing reads this variable; did you mean VISIONA_API_ADDR?' }],
  );
});
