import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openStore } from '../../src/store/open-store.js';
import type { ProvisionedDevice } from '../../src/store/ports/devices.js';
import { runToEnd } from '../e2e/kit/program.js';
import { withTempDir } from '../store/temp-dir.js';
import { admit } from '../support/admit.js';
import { NO_POSTGRES, sql, TestSchema } from '../support/postgres.js';

/** `visiona device …` on a data directory of its own. */
type Device = (...args: string[]) => Promise<{ code: number | null; stdout: string; stderr: string }>;

function withDevices(body: (device: Device, dataDir: string) => Promise<void>) {
  return () =>
    withTempDir((dir) => {
      const dataDir = join(dir, 'data');
      return body((...args) => runToEnd(['device', ...args], { VISIONA_DATA_DIR: dataDir }), dataDir);
    });
}

function lines<Line>(text: string): Line[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** Adds devices and gives what was printed, which must be all. */
async function add(device: Device, ...args: string[]): Promise<ProvisionedDevice[]> {
  const { code, stdout, stderr } = await device('add', '--json', ...args);
  assert.deepEqual([code, stderr], [0, '']);
  return lines(stdout);
}

async function idsOf(device: Device, ...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await device('list', '--json', ...args);
  assert.deepEqual([code, stderr], [0, '']);
  return lines<{ deviceId: string }>(stdout).map(({ deviceId }) => deviceId);
}

test(
  'add --json prints one device a line, its token connects, and the list shows no token',
  withDevices(async (device, dataDir) => {
    const added = await add(device, '--user', 'alice', '--name', 'cam', '--count', '3');
    assert.equal(added.length, 3);
    const store = await openStore({ dataDir });
    for (const { deviceId, sessionToken } of added) {
      assert.equal((await admit(store, sessionToken))?.deviceId, deviceId);
    }
    const owner = await store.findUser('http://127.0.0.1:3722', 'alice');
    await store.close();
    const { stdout } = await device('list', '--json');
    assert.deepEqual(
      lines<Record<string, string>>(stdout).map(({ deviceId, name, user, userId }) => [
        deviceId,
        name,
        user,
        userId,
      ]),
      added.map(({ deviceId }, i) => [deviceId, `cam-${i + 1}`, 'alice', owner]),
    );
    for (const { sessionToken } of added) assert.ok(!stdout.includes(sessionToken));
  }),
);

test(
  'add for a person shows the token, says that it is shown once, and no file holds it',
  withDevices(async (device, dataDir) => {
    const { code, stdout, stderr } = await device('add', '--user', 'alice', '--name', 'door cam');
    assert.deepEqual([code, stderr], [0, '']);
    const [, token = ''] =
      /^door cam\n {2}device id {6}\S{36}\n {2}session token {2}(\S{43})\n/.exec(stdout) ?? [];
    assert.match(stdout, /1 device was added for alice.*not shown again/s);
    assert.equal(token.length, 43, stdout);
    const files = await readdir(dataDir);
    assert.ok(files.includes('visiona.db'));
    for (const file of files) {
      assert.equal((await readFile(join(dataDir, file))).includes(token), false, file);
    }
  }),
);

test(
  'ten thousand devices are added in seconds, and listed in the order of their making',
  withDevices(async (device) => {
    const began = performance.now();
    const added = await add(device, '--user', 'alice', '--name', 'cam', '--count', '10000');
    const took = performance.now() - began;
    assert.ok(took < 20_000, `it took ${Math.round(took)} ms`);
    const ids = added.map(({ deviceId }) => deviceId);
    assert.equal(new Set(ids).size, 10_000);
    assert.deepEqual(await idsOf(device), ids);
    assert.deepEqual(await idsOf(device, '--user', 'alice'), ids);
  }),
);

test(
  'two that add at once both add all of theirs',
  withDevices(async (device) => {
    const both = await Promise.all(
      ['alice', 'bob'].map((user) => add(device, '--user', user, '--name', 'cam', '--count', '3000')),
    );
    const [alice = [], bob = []] = both.map((added) => added.map(({ deviceId }) => deviceId));
    assert.deepEqual(await idsOf(device, '--user', 'alice'), alice);
    assert.deepEqual(await idsOf(device, '--user', 'bob'), bob);
    assert.deepEqual(await idsOf(device), [...alice, ...bob].sort());
  }),
);

test(
  'list --user shows that user only; without devices it says so, and as JSON nothing',
  withDevices(async (device) => {
    await add(device, '--user', 'alice', '--name', 'hers');
    await add(device, '--user', 'bob', '--name', 'his');
    const alice = await device('list', '--user', 'alice');
    assert.match(
      alice.stdout,
      /^DEVICE +STATE +USER +ISSUER +NAME\n\S{36} {2}never connected +alice +http:\/\/127\.0\.0\.1:3722 {2}hers\n$/,
    );
    assert.match((await device('list')).stdout, / alice .* {2}hers\n.* bob .* {2}his\n$/);
    assert.equal((await device('list', '--user', 'carol')).stdout, 'No devices.\n');
    assert.deepEqual(await idsOf(device, '--user', 'carol'), []);
  }),
);

test(
  'a user is a subject at an issuer: the configured one as it is written, else the development provider',
  withDevices(async (device, dataDir) => {
    const [old, local, moved, other] = [
      'urn:visiona:operator',
      'http://127.0.0.1:3722',
      'http://127.0.0.1:4000',
      'https://id.example',
    ];
    const store = await openStore({ dataDir });
    const [made] = await store.provision(await store.ensureUser(old, 'alice'), ['old']);
    await add(device, '--user', 'alice', '--name', 'local');
    await add(device, '--user', 'alice', '--name', 'moved', '--dev-op-addr', '127.0.0.1:4000');
    await add(device, '--user', 'alice', '--name', 'other', '--oidc-issuer', other);
    await add(device, '--user', 'bob', '--name', 'his', '--oidc-issuer', other);
    for (const [issuer, name] of [
      [local, 'local'],
      [moved, 'moved'],
      [other, 'other'],
    ] as const) {
      const owner = await store.findUser(issuer, 'alice');
      assert.ok(owner !== undefined, issuer);
      const { items } = await store.listDevices(owner, { limit: 10 });
      assert.deepEqual(
        items.map((each) => each.name),
        [name],
      );
    }
    await store.close();
    const { stdout } = await device('list', '--user', 'alice', '--json');
    assert.deepEqual(
      lines<Record<string, string>>(stdout).map(({ issuer, user, name }) => [issuer, user, name]),
      [
        [old, 'alice', 'old'],
        [local, 'alice', 'local'],
        [moved, 'alice', 'moved'],
        [other, 'alice', 'other'],
      ],
    );
    assert.match((await device('revoke', made!.deviceId)).stdout, /is revoked/);
    const unknown = await device('add', '--user', 'alice', '--name', 'x', '--dev-op-addr', '127.0.0.1:0');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /^OIDC_ISSUER: the port of the development provider is not known/);
  }),
);

test(
  'revoke ends access, may be repeated, and knows a wrong id',
  withDevices(async (device, dataDir) => {
    const [made] = await add(device, '--user', 'alice', '--name', 'cam');
    const { deviceId, sessionToken } = made!;
    for (const said of ['is revoked', 'was revoked before']) {
      const { code, stdout, stderr } = await device('revoke', deviceId);
      assert.deepEqual([code, stdout, stderr], [0, `Device ${deviceId} ${said}.\n`, '']);
    }
    const store = await openStore({ dataDir });
    assert.equal(await admit(store, sessionToken), undefined);
    await store.close();
    assert.match((await device('list', '--revoked')).stdout, / revoked \d{4}-/);
    assert.equal((await device('list')).stdout, 'No devices.\n');
    const wrong = await device('revoke', 'nothing');
    assert.deepEqual(
      [wrong.code, wrong.stdout, wrong.stderr],
      [1, '', 'visiona: there is no device "nothing"; "visiona device list" shows all\n'],
    );
  }),
);

test(
  'a value that cannot be is one sentence and exit 1, and no device is made',
  withDevices(async (device) => {
    for (const [args, said] of [
      [['--name', 'cam', '--count', '0'], /^--count: "0" .*\n$/],
      [['--name', 'cam', '--count', '2x'], /^--count: "2x" .*\n$/],
      [['--name', 'cam', '--count', '100001'], /^--count: "100001" .*\n$/],
      [['--name', 'a\nb'], /^visiona: the device name holds control characters .*\n$/],
      [['--name', 'x'.repeat(129)], /^visiona: the device name is longer than 128 characters\n$/],
      // Only the names from 1,000 on are too long.
      [['--name', 'x'.repeat(124), '--count', '2000'], /^visiona: the device name is longer than 128/],
      [['--name', 'cam', '--user', 'u'.repeat(256)], /^visiona: the user is longer than 255 characters\n$/],
      [['--name', ' '], /^--name: it is empty; give a value\n$/],
      [['--name', 'cam', '--user', ''], /^--user: it is empty; give a value\n$/],
    ] as const) {
      const owner = args.some((arg) => arg === '--user') ? [] : ['--user', 'alice'];
      const { code, stdout, stderr } = await device('add', ...owner, ...args);
      assert.deepEqual([code, stdout], [1, ''], args.join(' '));
      assert.match(stderr, said);
    }
    assert.equal((await device('list')).stdout, 'No devices.\n');
  }),
);

test(
  'list and revoke make no data where there is none, and say where they looked',
  withDevices(async (device, dataDir) => {
    for (const args of [['list'], ['list', '--json'], ['revoke', 'nothing']]) {
      const { code, stdout, stderr } = await device(...args);
      assert.deepEqual([code, stdout], [1, '']);
      assert.equal(
        stderr,
        `visiona: ${join(dataDir, 'visiona.db')} is missing: put it back, restore it from a backup, or set VISIONA_DATA_DIR to where the data is\n`,
      );
      assert.deepEqual(await readdir(dataDir), []);
    }
  }),
);

test('list, revoke and sessions end make no tables in a PostgreSQL database that has none; add does', {
  skip: NO_POSTGRES,
}, async () => {
  const schema = await TestSchema.create();
  try {
    const tables = async () => {
      const [row] = await sql<{ n: string }>(
        `SELECT count(*) AS n FROM pg_tables WHERE schemaname = '${schema.name}'`,
      );
      return Number(row?.n);
    };
    const env = { DATABASE_URL: schema.url };
    for (const args of [
      ['device', 'list'],
      ['device', 'list', '--json'],
      ['device', 'revoke', 'nothing'],
      ['sessions', 'end'],
    ]) {
      const { code, stdout, stderr } = await runToEnd(args, env);
      assert.deepEqual([code, stdout], [1, ''], args.join(' '));
      assert.match(
        stderr,
        /^visiona: the PostgreSQL database "\w+" at \S+ holds no data of visionA: set DATABASE_URL[^\n]*\n$/,
      );
      assert.equal(await tables(), 0);
    }
    const add = ['device', 'add', '--user', 'alice', '--name', 'cam'];
    assert.equal((await runToEnd(add, env)).code, 0);
    assert.match((await runToEnd(['device', 'list'], env)).stdout, /cam/);
  } finally {
    await schema.drop();
  }
});

test('a data directory that cannot be used is one sentence and exit 1', () =>
  withTempDir(async (dir) => {
    const file = join(dir, 'a-file');
    await writeFile(file, '');
    const { code, stdout, stderr } = await runToEnd(['device', 'list', '--data-dir', file]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^[^\n]*a-file[^\n]*\n$/);
  }));
