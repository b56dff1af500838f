// The commands of docs/operate.md and docs/agent.md are run as they stand there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { shellBlocks } from '../support/markdown.js';
import { NO_POSTGRES, sqlAt, TestSchema } from '../support/postgres.js';
import { Shell } from '../support/shell.js';
import { runToEnd, VISIONA } from './kit/program.js';
import { Person, RestProcess } from './kit/rest-process.js';

/** Runs `visiona` as the documents call it. */
const DEFINED = `visiona() { '${process.execPath}' '${VISIONA}' "$@"; }`;

const NO_SQLITE3 =
  process.env.CI === undefined &&
  spawnSync('sqlite3', ['--version']).status !== 0 &&
  'sqlite3 is not there: apt install it';

/** The only block below a heading. */
function block(file: string, heading: string): string {
  const found = shellBlocks(file).filter((each) => each.heading === heading);
  assert.equal(found.length, 1, `${file}: ${heading}`);
  return found[0]?.code ?? '';
}

describe('the commands of docs/operate.md and docs/agent.md', () => {
  let up: RestProcess;
  let alice: Person;
  before(async () => {
    up = await RestProcess.start('up');
    alice = new Person(up);
    await alice.signIn('alice');
  });
  after(() => up.close());

  test('there are no others', () => {
    const headings = ['docs/operate.md', 'docs/agent.md'].flatMap((file) =>
      shellBlocks(file).map(({ heading }) => heading),
    );
    // The last one makes a service of systemd: test/documents.test.ts looks at its flags.
    assert.deepEqual(headings, [
      'Audit log',
      'Behind nginx or Caddy',
      'The device agent',
      'As a systemd service',
    ]);
  });

  test('the agent is paired with a code and forwards to a local service', async (t) => {
    const service = createServer((_, res) => res.end('hello')).listen(0, '127.0.0.1');
    t.after(() => service.close());
    await once(service, 'listening');
    const { code } = await alice.mint();
    const shell = new Shell(up.dataDir, { HOME: up.dataDir });
    t.after(() => shell.end());
    const command = block('docs/agent.md', 'The device agent')
      .replace('https://visiona.example', new URL(up.url('/')).origin)
      .replace('ABCDE-FGHJK', code)
      .replace(':8080', `:${(service.address() as AddressInfo).port}`);
    const ended = shell.run(`${DEFINED}\n${command.trim()} & wait`);
    await Promise.race([ended, shell.said(/"msg":"tunnel up"/)]);
    const [, deviceId] = await shell.said(/"deviceId":"([^"]+)"/);
    const answer = await alice.get(`/api/devices/${deviceId}/proxy/anything`);
    assert.deepEqual([answer.status, await answer.text()], [200, 'hello']);
  });

  test('the settings beside a proxy are accepted', () => {
    const given = [...block('docs/operate.md', 'Behind nginx or Caddy').matchAll(/^(\w+)=(\S+)/gm)];
    assert.ok(given.length > 2);
    const env = Object.fromEntries(given.map(([, name, value]) => [name, value]));
    const { status, stdout, stderr } = spawnSync(process.execPath, [VISIONA, 'config'], {
      env,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    for (const [, name, value] of given) assert.match(stdout, new RegExp(`^${name} +${value} +env$`, 'm'));
  });

  describe('the last rows of the audit log', () => {
    const statements = block('docs/operate.md', 'Audit log').split(/^(?=psql)/m);

    test('SQLite', { skip: NO_SQLITE3 }, async () => {
      assert.equal(statements.length, 2);
      const command = (statements[0] ?? '').replace('data/visiona.db', join(up.dataDir, 'visiona.db'));
      const rows = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
      assert.equal(rows.status, 0, rows.stderr);
      assert.match(rows.stdout, /\|user\|alice\|/);
    });

    test('PostgreSQL', { skip: NO_POSTGRES }, async (t) => {
      const schema = await TestSchema.create();
      t.after(() => schema.drop());
      const added = await runToEnd(['device', 'add', '--user', 'alice', '--name', 'cam'], {
        DATABASE_URL: schema.url,
      });
      assert.equal(added.code, 0, added.stderr);
      const [, statement = ''] = /-c "(.*?)"/s.exec(statements[1] ?? '') ?? [];
      const rows = await sqlAt<{ actor: string; subject: string }>(schema.url, statement);
      assert.deepEqual([rows[0]?.actor, rows[0]?.subject], ['operator', 'alice']);
    });
  });
});
