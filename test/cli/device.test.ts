import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { type DeviceCommandContext, deviceAdd, deviceList, deviceRevoke } from '../../src/cli/device.js';
import { hashToken } from '../../src/store/ids.js';
import { openStore } from '../../src/store/sqlite-store.js';
import { withTempDir } from '../store/temp-dir.js';

interface Recorded extends DeviceCommandContext {
  out(): string;
  err(): string;
}

function recorded(dataDir: string): Recorded {
  const texts = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof texts) =>
    new Writable({
      write(chunk, _encoding, done) {
        texts[name] += String(chunk);
        done();
      },
    });
  return {
    dataDir,
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    out: () => texts.stdout,
    err: () => texts.stderr,
  };
}

const lines = (text: string): Record<string, string>[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

test('device add --json prints one device a line, and its token connects', () =>
  withTempDir(async (dataDir) => {
    const context = recorded(dataDir);
    assert.equal(await deviceAdd({ user: 'alice', name: 'cam', count: '3', json: true }, context), 0);
    const added = lines(context.out());
    assert.equal(added.length, 3);
    const store = await openStore({ dataDir });
    for (const { deviceId, sessionToken } of added) {
      assert.equal((await store.connect(hashToken(sessionToken!)))?.deviceId, deviceId);
    }
    await store.close();
    const listing = recorded(dataDir);
    assert.equal(await deviceList({ json: true }, listing), 0);
    assert.deepEqual(
      lines(listing.out()).map(({ deviceId, name, user }) => ({ deviceId, name, user })),
      added.map(({ deviceId }, i) => ({ deviceId, name: `cam-${i + 1}`, user: 'alice' })),
    );
    assert.ok(!listing.out().includes(added[0]!.sessionToken!));
  }));

test('device add for a person shows the token and says that it is shown once', () =>
  withTempDir(async (dataDir) => {
    const context = recorded(dataDir);
    assert.equal(await deviceAdd({ user: 'alice', name: 'door cam' }, context), 0);
    assert.match(context.out(), /^door cam\n {2}device id {6}\S{36}\n {2}session token {2}\S{43}\n/);
    assert.match(context.out(), /1 device was added for alice.*not shown again/s);
  }));

test('device add makes more devices than a transaction or a page holds', () =>
  withTempDir(async (dataDir) => {
    const context = recorded(dataDir);
    await deviceAdd({ user: 'alice', name: 'cam', count: 1_203, json: true }, context);
    const added = lines(context.out()).map(({ deviceId }) => deviceId);
    const listing = recorded(dataDir);
    await deviceList({ user: 'alice', json: true }, listing);
    assert.deepEqual(
      lines(listing.out()).map(({ deviceId }) => deviceId),
      added,
    );
    assert.equal(new Set(added).size, 1_203);
  }));

test('device list --user shows that user only; without devices it says so', () =>
  withTempDir(async (dataDir) => {
    await deviceAdd({ user: 'alice', name: 'hers' }, recorded(dataDir));
    await deviceAdd({ user: 'bob', name: 'his' }, recorded(dataDir));
    const alice = recorded(dataDir);
    await deviceList({ user: 'alice' }, alice);
    assert.match(alice.out(), /^\S{36} {2}never connected +alice {2}hers\n$/);
    const carol = recorded(dataDir);
    assert.equal(await deviceList({ user: 'carol' }, carol), 0);
    assert.equal(carol.out(), 'No devices.\n');
  }));

test('device revoke ends access, may be repeated, and knows a wrong id', () =>
  withTempDir(async (dataDir) => {
    const adding = recorded(dataDir);
    await deviceAdd({ user: 'alice', name: 'cam', json: true }, adding);
    const { deviceId = '', sessionToken = '' } = lines(adding.out())[0]!;
    for (const said of [/is revoked/, /was revoked before/]) {
      const revoking = recorded(dataDir);
      assert.equal(await deviceRevoke({ deviceId }, revoking), 0);
      assert.match(revoking.out(), said);
    }
    const store = await openStore({ dataDir });
    assert.equal(await store.connect(hashToken(sessionToken)), undefined);
    await store.close();
    const wrong = recorded(dataDir);
    assert.equal(await deviceRevoke({ deviceId: 'nothing' }, wrong), 1);
    assert.match(wrong.err(), /no device nothing/);
    const listing = recorded(dataDir);
    await deviceList({}, listing);
    assert.match(listing.out(), /revoked \d{4}-/);
  }));

test('a value that cannot be is one sentence and exit code 1', () =>
  withTempDir(async (dataDir) => {
    for (const [values, said] of [
      [{ user: 'alice', name: 'cam', count: '0' }, /--count: a whole number/],
      [{ user: 'alice', name: 'cam', count: '' }, /--count: a whole number/],
      [{ user: 'alice', name: 'cam', count: '2x' }, /--count: a whole number/],
      [{ user: ' ', name: 'cam' }, /the user is empty/],
      [{ user: 'alice', name: '' }, /the device name is empty/],
    ] as const) {
      const context = recorded(dataDir);
      assert.equal(await deviceAdd(values, context), 1);
      assert.match(context.err(), said);
      assert.equal(context.err().split('\n').length, 2);
      assert.equal(context.out(), '');
    }
  }));

test('a data directory that cannot be used is one sentence and exit code 1', () =>
  withTempDir(async (dir) => {
    const file = join(dir, 'a-file');
    await writeFile(file, '');
    const context = recorded(file);
    assert.equal(await deviceList({}, context), 1);
    assert.match(context.err(), /^visiona: .*visiona\.db cannot be opened.*\n$/);
  }));
