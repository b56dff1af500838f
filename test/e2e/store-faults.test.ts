import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStore } from '../../src/store/open-store.js';
import { closeDatabase, databaseFile, openDatabase } from '../../src/store/sqlite/sqlite.js';
import { withTempDir } from '../store/temp-dir.js';
import { sized } from '../support/sized.js';
import { until } from '../support/until.js';
import { Program, runToEnd, VISIONA } from './kit/program.js';
import { ScriptedDevice } from './kit/scripted-device.js';

const SERVER = {
  VISIONA_API_ADDR: '127.0.0.1:0',
  VISIONA_TUNNEL_ADDR: '127.0.0.1:0',
  VISIONA_INTERNAL_ADDR: '127.0.0.1:0',
  VISIONA_OPS_ADDR: '127.0.0.1:0',
  INTERNAL_SECRET: 'a-secret-of-the-tests-with-32-bytes-or-more',
  LOG_FORMAT: 'json',
};

const COMMANDS = [
  ['device', 'list'],
  ['device', 'add', '--user', 'alice', '--name', 'cam'],
  ['remote-proxy'],
];

for (const [what, make, said] of [
  [
    'is no database',
    (file: string) => writeFile(file, 'not a database'.repeat(1_000)),
    'is damaged or is not a database: restore it from a backup',
  ],
  [
    'is damaged',
    async (file: string) => {
      const bytes = await readFile(file);
      await writeFile(file, bytes.fill(0xaa, 4_096));
    },
    'is damaged or is not a database: restore it from a backup',
  ],
  [
    'was written by a newer version',
    async (_file: string, dataDir: string) => {
      const db = await openDatabase(dataDir);
      db.exec("INSERT INTO schema_migrations (version, name, applied_at) VALUES (999, 'from the future', 0)");
      closeDatabase(db);
    },
    /holds data of a newer version \(schema 999, this version knows \d+\): use that version or newer/,
  ],
] as const) {
  test(`a database that ${what}: every command says so in one sentence, exits 1 and leaves it as it is`, () =>
    withTempDir(async (dataDir) => {
      const file = databaseFile(dataDir);
      const store = await openStore({ dataDir });
      await store.ensureUser('https://id.example', 'alice');
      await store.close();
      await make(file, dataDir);
      const before = await readFile(file);
      for (const command of COMMANDS) {
        const { code, stdout, stderr } = await runToEnd(command, { ...SERVER, VISIONA_DATA_DIR: dataDir });
        assert.deepEqual([code, stdout], [1, ''], command.join(' '));
        const [sentence = '', ...more] = stderr.split('\n');
        assert.deepEqual(more, ['']);
        assert.ok(sentence.startsWith(`visiona: ${file} `), sentence);
        if (typeof said === 'string') assert.ok(sentence.endsWith(said), sentence);
        else assert.match(sentence, said);
      }
      assert.deepEqual(await readFile(file), before);
    }));
}

const MAY_MOUNT = spawnSync('unshare', ['-rm', 'true']).status === 0;

/** Runs a command in a directory that is a disk of `kib` KiB; `script` is shell in which "$@" is the command. */
function onSmallDisk(dir: string, kib: number, script: string): string[] {
  return [
    'unshare',
    '-rm',
    'sh',
    '-ec',
    `mount -t tmpfs -o size=${kib}k,mode=700 none "${dir}"; ${script}`,
    'sh',
  ];
}

const SMALL_DISK = { skip: !MAY_MOUNT && 'no right to mount a small disk' };

test('on a full disk device add says so in one sentence, and what it printed before exists', SMALL_DISK, () =>
  withTempDir(async (dir) => {
    const list = `exec "${process.execPath}" "${VISIONA}" device list --json`;
    const program = new Program(
      ['device', 'add', '--user', 'alice', '--name', 'cam', '--count', '10000', '--json'],
      { VISIONA_DATA_DIR: dir },
      onSmallDisk(dir, 2_048, `"$@" || echo "exit $?"; ${list}`),
    );
    const { code, stdout, stderr } = await program.exited;
    assert.equal(stderr, `visiona: the disk that holds ${databaseFile(dir)} is full\n`);
    assert.equal(code, 0, 'it can still be read');
    const [added, listed] = stdout.split('exit 1\n').map((text) => text.match(/"deviceId":"[^"]+"/g));
    assert.ok(added && added.length >= 500);
    assert.deepEqual(listed, added);
  }),
);

test(
  'D4: a proxy on a full disk is not ready to write and tells devices to come back, and lets them in when there is room',
  SMALL_DISK,
  () =>
    withTempDir(async (dir) => {
      const [seed, dataDir] = [join(dir, 'seed'), join(dir, 'data')];
      const store = await openStore({ dataDir: seed });
      const owner = await store.ensureUser('https://id.example', 'alice');
      const [made] = await store.provision(owner, ['cam']);
      await store.close();
      await mkdir(dataDir);
      const proxy = new Program(
        ['remote-proxy'],
        { ...SERVER, VISIONA_DATA_DIR: dataDir, VISIONA_HOSTS: '1' },
        onSmallDisk(dataDir, 2_048, `cp "${databaseFile(seed)}" "${dataDir}"; exec "$@"`),
      );
      try {
        const { tunnel, internal } = await proxy.line('ready');
        const readiness = async () => {
          const answer = await fetch(new URL('/internal/ready', String(internal)), {
            headers: { authorization: `Bearer ${SERVER.INTERNAL_SECRET}` },
          });
          return ((await answer.json()) as { code?: string }).code ?? answer.status;
        };
        const dial = () =>
          ScriptedDevice.connect(new URL('/tunnel/connect', String(tunnel)).href, made!.sessionToken);
        // The disk of the process, seen from here.
        const filler = join(`/proc/${proxy.pid}/root`, dataDir, 'filler');
        await (await dial()).close();
        await assert.rejects(writeFile(filler, Buffer.alloc(4 * 1_048_576)), { code: 'ENOSPC' });
        await assert.rejects(dialUntilRefused(dial), { name: 'DialRefused', status: 503 });
        await until(async () => (await readiness()) === 'store-read-only');
        await rm(filler);
        await until(async () => (await readiness()) === 200);
        await (await dial()).close();
        await proxy.stop();
      } finally {
        proxy.signal('SIGKILL');
      }
    }),
);

/** The write-ahead log has some room of its own. */
async function dialUntilRefused(dial: () => Promise<ScriptedDevice>): Promise<void> {
  for (let dials = 0; dials < sized(2_000, 20_000); dials += 1) await (await dial()).close();
}
