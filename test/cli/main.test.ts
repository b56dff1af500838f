import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { commands } from '../../src/cli/commands.js';
import { VERSION } from '../../src/version.js';
import { tempDir } from '../config/given.js';
import { run } from './run.js';

const SECRET = 'kP3vN8sYq2Wm5Zt7Lr9Jx4Hc6Bf1Gd0A';

test('no command, help, --help and -h print every command', async () => {
  for (const args of [[], ['help'], ['--help'], ['-h']]) {
    const { code, out, err } = await run(args);
    assert.deepEqual([code, err], [0, '']);
    for (const { name, summary } of commands) assert.ok(out.includes(name) && out.includes(summary), name);
  }
});

test('version and --version print the version', async () => {
  for (const word of ['version', '--version']) {
    assert.deepEqual(await run([word]), { code: 0, out: `${VERSION}\n`, err: '' });
  }
});

for (const command of commands) {
  const words = command.name.split(' ');
  test(`${command.name} --help names each flag with its variable and default, and runs nothing`, async (t) => {
    const dataDir = join(tempDir(t), 'data');
    const { code, out, err } = await run([...words, '--help'], { VISIONA_DATA_DIR: dataDir });
    assert.deepEqual([code, err], [0, '']);
    assert.ok(out.startsWith(`${command.summary}\n\nUsage: visiona ${command.name}`));
    for (const { flag, doc, env, required } of Object.values(command.table)) {
      assert.ok(out.includes(`--${flag}`) && out.includes(doc), flag);
      assert.ok(env === undefined || out.includes(`[${env}`), flag);
      assert.ok(!required || out.includes('[required]'), flag);
    }
    assert.deepEqual(await run(['help', ...words]), { code, out, err });
    assert.equal(existsSync(dataDir), false);
  });

  test(`the examples of ${command.name} are command lines that it takes`, async () => {
    for (const example of command.examples) {
      const [program, ...args] = [...example.matchAll(/"([^"]*)"|(\S+)/g)].map(([, a, b]) => a ?? b ?? '');
      assert.equal(program, 'visiona');
      // With a flag that does not exist nothing runs, and its mistake must be the only one.
      const { code, err } = await run([...args, '--nonsense']);
      assert.deepEqual(
        [code, err],
        [1, '--nonsense: there is no such flag; see --help for those there are\n'],
      );
    }
  });
}

test('a word that is no command: what was meant, or where to look', async () => {
  const said = async (...args: string[]) => {
    const { code, out, err } = await run(args);
    assert.deepEqual([code, out], [1, '']);
    return err;
  };
  assert.equal(await said('agnet'), 'visiona: there is no command "agnet"; did you mean "agent"?\n');
  assert.equal(await said('deploy-all'), 'visiona: there is no command "deploy-all"; see visiona help\n');
  assert.match(await said('device', 'ad'), /^visiona: "device ad" is no command; use one of: device add,/);
  assert.match(await said('device'), /use one of: device add, device list, device revoke/);
  assert.match(await said('help', 'nothing'), /there is no command "nothing"/);
});

test('the first word of several commands: its help shows them', async () => {
  const group = /^ {2}device add .*\n {2}device list .*\n {2}device revoke ID .*$/m;
  for (const args of [
    ['device', '--help'],
    ['device', '-h'],
    ['help', 'device'],
  ]) {
    const { code, out, err } = await run(args);
    assert.deepEqual([code, err], [0, ''], args.join(' '));
    assert.match(out, group);
    assert.doesNotMatch(out, /remote-proxy/);
  }
  assert.match(
    (await run(['device'])).err,
    /^visiona: "device" is no command by itself; use one of: device add,/,
  );
});

test('help says what a flag means to its command', async () => {
  const agent = await run(['agent', '--help']);
  assert.doesNotMatch(agent.out, /from the tunnel address|browsers see/);
  const token = await run(['token', '--help']);
  assert.doesNotMatch(token.out, /bearer tokens are off/);
});

test('a port out of range is called so', async () => {
  const { code, err } = await run(['up', '--api-addr', '127.0.0.1:99999']);
  assert.deepEqual(
    [code, err],
    [1, '--api-addr: the port 99999 is out of range; give one from 0 to 65535\n'],
  );
});

test('a flag that does not exist is met with the one that was meant', async () => {
  const { code, err } = await run(['up', '--tunel-addr', '127.0.0.1:0', '--help-me']);
  assert.equal(code, 1);
  assert.match(err, /^--tunel-addr: there is no such flag; did you mean --tunnel-addr\?$/m);
  assert.match(err, /^--help-me: there is no such flag/m);
});

test('all mistakes of a command line and its variables come at once', async (t) => {
  const dataDir = tempDir(t);
  const { code, out, err } = await run(['remote-proxy', '--hosts', '0', '--bogus', '--internal-addr'], {
    VISIONA_DATA_DIR: dataDir,
    VISIONA_HEARTBEAT_MS: 'soon',
    INTERNAL_SECRET: 'too-short',
    LOG_LEVEL: 'loud',
  });
  assert.deepEqual([code, out], [1, '']);
  const names = err
    .trim()
    .split('\n')
    .map((line) => line.split(':')[0]);
  assert.deepEqual(
    names.sort(),
    ['--bogus', '--hosts', '--internal-addr', 'INTERNAL_SECRET', 'LOG_LEVEL', 'VISIONA_HEARTBEAT_MS'].sort(),
  );
  assert.deepEqual(readdirSync(dataDir), [], 'and nothing was made');
});

test('operands that are missing or too many are named', async () => {
  assert.match((await run(['device', 'revoke'])).err, /^ID: it is missing; add it$/m);
  assert.match((await run(['version', 'now'])).err, /^"now": version takes nothing here; leave it out$/m);
  const { code, err } = await run(['device', 'add']);
  assert.equal(code, 1);
  assert.deepEqual(err.trim().split('\n'), [
    '--user: it is missing; add --user SUB',
    '--name: it is missing; add --name NAME',
  ]);
});

test('config prints every setting with its source; mistakes go to standard error and exit 1', async () => {
  const good = await run(['config', '--hosts', '3'], { VISIONA_API_ADDR: '127.0.0.1:80' });
  assert.deepEqual([good.code, good.err], [0, '']);
  assert.match(good.out, /^VISIONA_API_ADDR +127\.0\.0\.1:80 +env$/m);
  assert.match(good.out, /^VISIONA_HOSTS +3 +flag$/m);
  const bad = await run(['config'], { VISIONA_HOSTS: 'many', VISIONA_TAGRET: 'x' });
  assert.equal(bad.code, 1);
  assert.match(bad.out, /^VISIONA_HOSTS +invalid +env$/m);
  assert.match(bad.err, /^VISIONA_HOSTS: "many" is not a whole number/m);
  assert.match(bad.err, /^VISIONA_TAGRET: nothing reads this variable; did you mean VISIONA_TARGET\?$/m);
});

test('secrets are printed by no command, right or wrong', async (t) => {
  const secrets = {
    VISIONA_DATA_DIR: tempDir(t),
    INTERNAL_SECRET: SECRET,
    SESSION_SECRET: `${SECRET}2,${SECRET}3`,
    OIDC_CLIENT_SECRET: SECRET,
    OIDC_SERVICE_CLIENT_SECRET: SECRET,
    DATABASE_URL: `postgres://visiona:${SECRET}@db/visiona`,
    VISIONA_DEVICE_TOKEN: SECRET,
    VISIONA_PAIR: SECRET,
  };
  const invalid = { ...secrets, INTERNAL_SECRET: SECRET.slice(1), SESSION_SECRET: `${SECRET} x` };
  const broken = { ...invalid, VISIONA_DEVICE_TOKEN: `${SECRET}é`, DATABASE_URL: `mysql://u:${SECRET}@h` };
  const lines = [
    ['config'],
    ['up'],
    ['remote-proxy'],
    ['agent'],
    ['agent', '--bogus'],
    ['device', 'list', 'x'],
  ];
  for (const env of [secrets, invalid, broken]) {
    for (const args of lines) {
      const { code, out, err } = await run(args, env);
      assert.equal(code, 1, `${args.join(' ')} has mistakes to complain about`);
      assert.doesNotMatch(out + err, new RegExp(SECRET.slice(1)), args.join(' '));
    }
  }
});
