// The commands of README.md are run as they stand there, in its order, in one folder and on ports of their own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from '../scripts/root.js';
import { type Started, startCommand } from '../scripts/started.js';
import { fixedPort } from '../support/fixed-port.js';
import { HttpBrowser } from '../support/http-browser.js';
import { shellBlocks } from '../support/markdown.js';
import { Shell } from '../support/shell.js';

/** The default ports, which the README names, and the settings that choose others. */
const PORTS = {
  3721: 'VISIONA_API_ADDR',
  3722: 'VISIONA_DEV_OP_ADDR',
  3723: 'VISIONA_OPS_ADDR',
  3800: 'VISIONA_TUNNEL_ADDR',
  3801: 'VISIONA_INTERNAL_ADDR',
} as const;

/** What a clone has that the commands name. */
const OF_A_CLONE = ['package.json', 'scripts', 'dist'];

const NO_CURL =
  process.env.CI === undefined &&
  spawnSync('curl', ['--version']).status !== 0 &&
  'curl is not there: apt install it';

describe('the commands of the README', { skip: NO_CURL }, () => {
  const blocks = shellBlocks('README.md');
  const ports = new Map<string, number>();
  let folder: string;
  let env: Record<string, string>;
  let start: Started;

  /** The commands below a heading, with our ports. */
  function commands(heading: string): string {
    const block = blocks.find((each) => each.heading === heading);
    assert.ok(block !== undefined, heading);
    return block.code.replace(/127\.0\.0\.1:(\d+)/g, (_, port) => {
      const ours = ports.get(port);
      assert.ok(ours !== undefined, `${port} is no port of ours`);
      return `127.0.0.1:${ours}`;
    });
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'visiona-readme-'));
    for (const name of OF_A_CLONE) await symlink(join(root, name), join(folder, name));
    env = { HOME: folder, VISIONA_DATA_DIR: join(folder, 'data') };
    for (const [port, setting] of Object.entries(PORTS)) {
      ports.set(port, await fixedPort());
      env[setting] = `127.0.0.1:${ports.get(port)}`;
    }
    // The agent looks for the default port, too.
    env.VISIONA_TUNNEL_URL = `ws://127.0.0.1:${ports.get('3800')}`;
  });
  after(async () => {
    await start?.end();
    await rm(folder, { recursive: true, force: true });
  });

  test('there are no others than those that are run here and in pack.test.ts', () => {
    assert.deepEqual(
      blocks.map(({ heading }) => heading),
      ['visionA-backend', 'The program', 'Call a device from a program', 'Connect a device by its token'],
    );
  });

  test('first steps: npm start, and npm test', async () => {
    const [first = '', second = '', ...more] = commands('visionA-backend').trim().split('\n');
    assert.deepEqual(more, []);
    start = startCommand('sh', ['-c', `exec ${first}`], env, folder);
    await start.printed('» next: open ');
    assert.match(start.output, /» answer: 200 application\/json\n\{\n {2}"hostname": "edge-/);
    assert.match(start.output, new RegExp(`» next: open http://127.0.0.1:${ports.get('3721')} and sign in`));

    // Of all tests, the quickest: a runner inside a test file would run nothing, so it is told of none.
    const { NODE_TEST_CONTEXT: _, ...outside } = process.env;
    const shell = new Shell(folder, { ...(outside as Record<string, string>), ...env });
    assert.match(await shell.run(second.replace(/#.*/, '-- text/characters')), /^# fail 0$|ℹ fail 0/m);
    await shell.end();
  });

  test('calling a device from a program', async (t) => {
    const shell = new Shell(folder, env);
    t.after(() => shell.end());
    const id = (await readFile(join(folder, 'data/simulated-device-id'), 'utf8')).trim();
    const answer = shell.run(commands('Call a device from a program').replace('DEVICE', id));
    const [, link = ''] = await shell.said(/Open (\S+) in a browser/);
    await new HttpBrowser().visit(link, 'demo');
    const output = await answer;
    assert.match(output, new RegExp(`"items":\\[\\{[^\\n]*"${id}"`));
    assert.match(output, /\{"hostname":"edge-/);
  });

  test('connecting a device by its token, on the same ports, once npm start has ended', async (t) => {
    start.signal('SIGINT');
    assert.equal(await start.exited, 0, start.output);
    const shell = new Shell(folder, env);
    t.after(() => shell.end());
    const parts = commands('Connect a device by its token').split('\n# once the agent says "tunnel up":\n');
    assert.equal(parts.length, 2);
    const [connect = '', call = ''] = parts;
    await shell.run(connect);
    await shell.said(/"msg":"tunnel up"/);
    assert.match(await shell.run(call), /\{"hostname":"edge-/);
    // Both jobs end by its last line; if one did not, this would wait for ever.
    await shell.run('wait');
    assert.match(shell.output, /"msg":"stopped"/);
  });
});
