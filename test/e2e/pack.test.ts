// The package that the README has made and installed is whole: what it says runs, and what it links is there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { root } from '../scripts/root.js';
import { startCommand } from '../scripts/started.js';
import { readDocument, relativeLinks, shellBlocks } from '../support/markdown.js';

/** The two commands of the README: the one for the clone, the one for the other machine. */
function commands(): readonly [string, string] {
  const block = shellBlocks('README.md').find(({ code }) => code.startsWith('npm pack'));
  const [pack, install, ...more] = block?.code.trim().split('\n') ?? [];
  assert.ok(pack !== undefined && install !== undefined && more.length === 0, block?.code);
  return [pack, install];
}

function npm(command: string, folder: string, settings: Record<string, string>) {
  const settled = { prefer_offline: 'true', audit: 'false', fund: 'false', ...settings };
  const variables = Object.entries(settled).map(([name, value]) => [`npm_config_${name}`, value]);
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd: folder,
    env: { ...process.env, ...Object.fromEntries(variables) },
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

/** Installs the package as the README says; undefined where there is no registry, on a machine that does not only test. */
async function installed(t: TestContext): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'visiona-pack-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [pack, install] = commands();
  const packed = npm(pack, root, { pack_destination: folder });
  assert.equal(packed.status, 0, packed.output);
  const done = npm(install, folder, { prefix: join(folder, 'global') });
  if (done.status !== 0 && process.env.CI !== 'true') {
    const [network] = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH)\b/.exec(done.output) ?? [];
    if (network !== undefined) {
      t.skip(`the npm registry cannot be reached (${network})`);
      return undefined;
    }
  }
  assert.equal(done.status, 0, done.output);
  return folder;
}

test('the packed product, installed: it runs, and what its README links is there', async (t) => {
  const folder = await installed(t);
  if (folder === undefined) return;
  const program = join(folder, 'global/bin/visiona');
  const version = spawnSync(program, ['--version'], { encoding: 'utf8' });
  assert.equal(version.stdout, `${JSON.parse(readDocument('package.json')).version}\n`, version.stderr);

  const packed = join(folder, 'global/lib/node_modules/visiona-backend');
  const links = relativeLinks(readDocument('README.md')).map((link) => link.replace(/#.*/, ''));
  assert.ok(links.length > 5);
  assert.deepEqual(
    links.filter((link) => !existsSync(join(packed, link))),
    [],
    'package.json leaves them out (files)',
  );

  const listeners = ['API', 'TUNNEL', 'INTERNAL', 'OPS', 'DEV_OP'];
  const env = Object.fromEntries(listeners.map((name) => [`VISIONA_${name}_ADDR`, '127.0.0.1:0']));
  const up = startCommand(program, ['up'], env, folder);
  t.after(() => up.end());
  await up.printed('"msg":"ready"');
  const { api } = JSON.parse(up.output.split('\n').find((line) => line.includes('"msg":"ready"')) ?? '');
  const health = await fetch(`${api}/api/health`);
  assert.equal(health.status, 200, await health.text());
  const page = await fetch(api);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<!doctype html>/i);
  assert.ok(existsSync(join(folder, 'data/visiona.db')), 'the data is below the current directory');
  up.signal('SIGTERM');
  assert.equal(await up.exited, 0, up.output);
});
