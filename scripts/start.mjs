// The product on one machine, from a fresh clone: sets up, runs `visiona up`, connects a simulated device and shows
// one request that is forwarded to it. Configured by the variables of `visiona config`; ends with Ctrl-C.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fail, root, say, setup } from './setup.mjs';

const VISIONA = join(root, 'dist/src/cli/visiona.js');
const DATA_DIR = resolve(root, process.env.VISIONA_DATA_DIR || 'data');
const TOKEN_FILE = join(DATA_DIR, 'simulated-device-token');
const TARGET = '/api/system';

/** How long the simulated device may take to connect. */
const CONNECT_MS = 15_000;
/** Signals closer together than this are one: a terminal sends its own to npm, and npm passes one on. */
const SAME_SIGNAL_MS = 500;

/** Pretty lines on a terminal, JSON lines elsewhere. @returns {Promise<(line: string) => void>} */
async function logPrinter() {
  if (!process.stdout.isTTY) return (line) => process.stdout.write(`${line}\n`);
  const { default: pretty } = await import('pino-pretty');
  const stream = pretty({ ignore: 'pid', sync: true });
  return (line) => stream.write(`${line}\n`);
}

/** A visiona command in a process group of its own, so that a signal reaches it once, from here. */
function run(args, print, more = {}) {
  const child = spawn(process.execPath, [VISIONA, ...args], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, VISIONA_DATA_DIR: DATA_DIR, LOG_FORMAT: 'json', ...more },
  });
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise((found) => {
    lines.on('line', (line) => {
      print(line);
      if (!line.includes('"msg":"ready"')) return;
      found(JSON.parse(line));
    });
  });
  const exited = new Promise((ended) => child.once('exit', (code) => ended(code ?? 1)));
  return { child, ready, exited };
}

/** The session token of the simulated device; it is added the first time. */
function deviceToken() {
  if (existsSync(TOKEN_FILE)) return readFileSync(TOKEN_FILE, 'utf8').trim();
  say('device: adding a simulated one (visiona device add --user demo --name simulated)');
  const { status, stdout } = spawnSync(
    process.execPath,
    [VISIONA, 'device', 'add', '--user', 'demo', '--name', 'simulated', '--json', '--data-dir', DATA_DIR],
    { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (status !== 0) fail('the simulated device could not be added');
  return JSON.parse(stdout).sessionToken;
}

function internalSecret() {
  return process.env.INTERNAL_SECRET || readFileSync(join(DATA_DIR, 'internal-secret'), 'utf8').trim();
}

/** Asks the device once it is connected. @returns {Promise<Response>} */
async function forward(internal, token) {
  const url = `${internal}/internal/forward/http?token=${encodeURIComponent(token)}`;
  const headers = {
    authorization: `Bearer ${internalSecret()}`,
    'x-forward-method': 'GET',
    'x-forward-target': TARGET,
  };
  const deadline = Date.now() + CONNECT_MS;
  for (;;) {
    const response = await fetch(url, { method: 'POST', headers });
    if (response.headers.get('x-forward-origin') === 'device' || Date.now() > deadline) return response;
    await response.body?.cancel();
    await delay(100);
  }
}

async function showRequest(internal, token) {
  say(`request: GET ${TARGET} through the tunnel (POST /internal/forward/http)`);
  const response = await forward(internal, token);
  const body = await response.text();
  if (!response.ok) throw new Error(`the device did not answer: ${response.status} ${body}`);
  say(`answer:  ${response.status} ${response.headers.get('content-type')}`);
  process.stdout.write(`${JSON.stringify(JSON.parse(body), null, 2)}\n`);
}

if (process.argv.length > 2)
  fail('npm start takes no arguments; set the variables that visiona config prints');
setup();
const print = await logPrinter();
say(`up: starting everything in one process, data in ${DATA_DIR}`);
const up = run(['up'], print);
const running = [up];

let stoppedAt = 0;
function stop() {
  const now = Date.now();
  if (now - stoppedAt < SAME_SIGNAL_MS) return;
  if (stoppedAt === 0) say('stopping; once more ends it at once');
  stoppedAt = now;
  for (const { child } of running) child.kill('SIGTERM');
}
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

const ready = await Promise.race([up.ready, up.exited]);
if (typeof ready === 'number') process.exit(ready);
const token = deviceToken();
const agent = run(
  ['agent', '--simulate', `--tunnel-url=${ready.tunnel}`, `--token-file=${TOKEN_FILE}`],
  print,
  // Not a flag: the arguments of a process are there for all users to read.
  { VISIONA_DEVICE_TOKEN: token },
);
running.push(agent);
try {
  await showRequest(ready.internal, token);
  say(
    `running: REST ${ready.api}, devices dial ${ready.tunnel}, internal ${ready.internal}; Ctrl-C stops it`,
  );
} catch (error) {
  process.exitCode = 1;
  say(error instanceof Error ? error.message : String(error));
  stop();
}
const code = await Promise.race([up.exited, agent.exited]);
if (stoppedAt === 0) stop();
const codes = await Promise.all([up.exited, agent.exited]);
process.exitCode ||= code || Math.max(...codes);
