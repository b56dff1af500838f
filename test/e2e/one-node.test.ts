import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { openDatabase } from '../../src/store/sqlite/sqlite.js';
import { NO_POSTGRES, TestSchema } from '../support/postgres.js';
import { Program } from './kit/program.js';

const WAITING = 'another process owns the tunnels: waiting whether it still lives';
const ANY_PORT = '127.0.0.1:0';

interface Place {
  readonly env: Readonly<Record<string, string>>;
}

async function onSqlite(t: TestContext): Promise<Place> {
  const dataDir = await mkdtemp(join(tmpdir(), 'visiona-node-'));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  return { env: { VISIONA_DATA_DIR: dataDir } };
}

async function onPostgres(t: TestContext): Promise<Place> {
  const schema = await TestSchema.create();
  t.after(() => schema.drop());
  const { env } = await onSqlite(t);
  return { env: { ...env, DATABASE_URL: schema.url } };
}

/** Starts one on free ports; it is ended with the test. */
function start(t: TestContext, command: 'up' | 'remote-proxy' | 'api-server', { env }: Place): Program {
  const program = new Program([command], {
    ...env,
    VISIONA_API_ADDR: ANY_PORT,
    VISIONA_TUNNEL_ADDR: ANY_PORT,
    VISIONA_INTERNAL_ADDR: ANY_PORT,
    VISIONA_DEV_OP_ADDR: ANY_PORT,
    VISIONA_OPS_ADDR: ANY_PORT,
    VISIONA_HOSTS: '1',
    LOG_FORMAT: 'json',
  });
  t.after(() => program.kill());
  return program;
}

for (const [engine, at, skip] of [
  ['SQLite', onSqlite, false],
  ['PostgreSQL', onPostgres, NO_POSTGRES],
] as const) {
  describe(`one process owns the tunnels of ${engine}`, { skip }, () => {
    test('attack 64, B6: a second one is refused with one sentence, and the first goes on; its end makes room at once', async (t) => {
      const place = await at(t);
      const first = start(t, 'remote-proxy', place);
      await first.line('ready');
      const second = start(t, 'up', place);
      const { code, stderr } = await second.exited;
      assert.equal(code, 1, stderr);
      assert.match(
        stderr,
        /^visiona: another process \(pid (\d+)\) on \S+, started at \S+Z, owns the tunnels of these data: stop it first, [^\n]+\n$/,
      );
      const api = start(t, 'api-server', place);
      await api.line('ready');
      await api.stop();
      await first.stop();
      const third = start(t, 'remote-proxy', place);
      await third.line('ready');
      assert.ok(!third.output.includes(WAITING));
      await third.stop();
    });

    test('B6: one that was killed keeps nobody of its machine out', async (t) => {
      const place = await at(t);
      const first = start(t, 'up', place);
      await first.line('ready');
      await first.kill();
      const second = start(t, 'up', place);
      await second.line('ready');
      assert.ok(!second.output.includes(WAITING));
      await second.stop();
    });
  });
}

test('B6: one that hangs is waited for, for as long as its lease; when it goes on, it says so and ends', async (t) => {
  const place = await onSqlite(t);
  const first = start(t, 'remote-proxy', place);
  await first.line('ready');
  first.signal('SIGSTOP');
  const second = start(t, 'remote-proxy', place);
  await second.line(WAITING);
  await second.line('ready');
  first.signal('SIGCONT');
  const { code, stderr } = await first.exited;
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^visiona: another process \(pid \d+\) on \S+, started at \S+, has taken over the tunnels of these data: this one ends\n$/,
  );
  await second.stop();
});

test('B6: what another machine left is waited for, and one line says so', async (t) => {
  const place = await onSqlite(t);
  const first = start(t, 'remote-proxy', place);
  await first.line('ready');
  await first.kill();
  const db = await openDatabase(place.env.VISIONA_DATA_DIR ?? '');
  db.prepare('UPDATE nodes SET process = NULL, expires_at = ?').run(Date.now() + 15_000);
  db.close();
  const second = start(t, 'remote-proxy', place);
  await second.line('ready');
  assert.equal(second.output.split(WAITING).length, 2);
  await second.stop();
});
