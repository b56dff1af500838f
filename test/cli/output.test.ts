import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { openStore } from '../../src/store/open-store.js';
import { runToEnd, VISIONA } from '../e2e/kit/program.js';
import { withTempDir } from '../store/temp-dir.js';

/** Runs a line of shell in which `visiona` is the command line; what it writes last to its standard error is the exit code. */
function shell(line: string, dataDir: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const script = `visiona() { "$NODE" "$VISIONA" "$@"; echo "code $?" >&2; }; ${line}`;
    const env = { PATH: process.env.PATH, NODE: process.execPath, VISIONA, VISIONA_DATA_DIR: dataDir };
    execFile('sh', ['-c', script], { env }, (_error, stdout, stderr) => {
      const [, said = '', code] = /^(.*)code (\d+)\n$/s.exec(stderr) ?? [];
      resolve({ code: Number(code), stdout, stderr: said });
    });
  });
}

async function devicesIn(dataDir: string): Promise<string[]> {
  const store = await openStore({ dataDir });
  const ids: string[] = [];
  try {
    for (let page = await store.listAllDevices({ limit: 1_000 }); ; ) {
      ids.push(...page.items.map(({ deviceId }) => deviceId));
      if (page.next === undefined) return ids;
      page = await store.listAllDevices({ limit: 1_000, after: page.next });
    }
  } finally {
    await store.close();
  }
}

test('a reader that has seen enough is no error of what only prints', () =>
  withTempDir(async (dataDir) => {
    await runToEnd(['device', 'add', '--user', 'alice', '--name', 'cam', '--count', '5000'], {
      VISIONA_DATA_DIR: dataDir,
    });
    for (const command of ['device list', 'device list --json', 'config', 'help', 'version']) {
      const seen = await shell(`visiona ${command} | head -n 1`, dataDir);
      assert.deepEqual([seen.code, seen.stderr], [0, ''], command);
      assert.equal(seen.stdout.split('\n').length, 2);
      const none = await shell(`visiona ${command} | true`, dataDir);
      assert.deepEqual([none.code, none.stdout, none.stderr], [0, '', ''], command);
    }
  }));

test('output that fails is one sentence and exit 1', () =>
  withTempDir(async (dataDir) => {
    // There are data to list, if no devices.
    await (await openStore({ dataDir })).close();
    for (const command of ['device list', 'config', 'help', 'version', 'up --help', '--version']) {
      const { code, stderr } = await shell(`visiona ${command} > /dev/full`, dataDir);
      assert.equal(code, 1, command);
      assert.match(stderr, /^visiona: standard output cannot be written: ENOSPC[^\n]*\n$/, command);
    }
  }));

test('a device whose token could not be printed is named', () =>
  withTempDir(async (dataDir) => {
    const { code, stderr } = await shell(
      'visiona device add --user alice --name cam --json > /dev/full',
      dataDir,
    );
    assert.equal(code, 1);
    const [id] = await devicesIn(dataDir);
    assert.match(
      stderr,
      new RegExp(`^visiona: .*ENOSPC.*: the token of cam \\(${id}\\) is lost, [^\\n]*\\n$`),
    );
  }));

test('when the reader goes away no more devices are made, and those whose tokens are lost are named', () =>
  withTempDir(async (dataDir) => {
    const child = spawn(
      process.execPath,
      [VISIONA, 'device', 'add', '--user', 'alice', '--name', 'cam', '--count', '50000', '--json'],
      { env: { PATH: process.env.PATH, VISIONA_DATA_DIR: dataDir }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = await once(child, 'close');
    assert.equal(code, 1, stderr);
    assert.equal(stderr.split('\n').length, 2, stderr);
    const [, first = '', last = ''] =
      /: the tokens of cam-\d+ to cam-\d+ \((\S+) to (\S+)\) are lost, /.exec(stderr) ?? [];
    const ids = await devicesIn(dataDir);
    assert.ok(ids.length < 50_000);
    assert.equal(ids.at(-1), last, 'none was made after them');
    assert.equal(ids.indexOf(last) - ids.indexOf(first), 499);
  }));
