// This script starts the product on one machine, from a fresh clone: it sets up, runs `visiona up`, connects a simulated device,
// shows one request that is forwarded to the device, and says how to sign in, pair a device and call it. The variables of
// `visiona config` configure it; Ctrl-C ends it.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { nextSteps } from './next-steps.mjs';
import { service, VISIONA } from './service.mjs';
import { fail, root, say, setup } from './setup.mjs';

const DATA_DIR = resolve(root, process.env.VISIONA_DATA_DIR || 'data');
const TOKEN_FILE = join(DATA_DIR, 'simulated-device-token');
const ID_FILE = join(DATA_DIR, 'simulated-device-id');
const SECRET_FILE = join(DATA_DIR, 'internal-secret');
const TARGET = '/api/system';

/** How long the simulated device may take to connect, in milliseconds. */
const CONNECT_MS = 15_000;
/** The time within which signals count as one: a terminal sends Ctrl-C to the script, and npm passes it on once more. */
const SAME_SIGNAL_MS = 500;

/**
 * Makes the printer of log lines: pretty lines on a terminal, JSON lines elsewhere.
 * @returns {Promise<(line: string) => void>}
 */
async function logPrinter() {
  if (!process.stdout.isTTY) return (line) => process.stdout.write(`${line}\n`);
  const { default: pretty } = await import('pino-pretty');
  const stream = pretty({ ignore: 'pid', sync: true });
  return (line) => stream.write(`${line}\n`);
}

/** Runs a `visiona device` command and reads its lines. @param {readonly string[]} args @param {string} why */
function device(args, why) {
  const { status, stdout } = spawnSync(
    process.execPath,
    [VISIONA, 'device', ...args, '--user', 'demo', '--json', '--data-dir', DATA_DIR],
    {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: Number.POSITIVE_INFINITY,
    },
  );
  if (status !== 0) throw new Error(why);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** Whether the store knows the simulated device of an earlier start, and it was not revoked. */
function hasDevice() {
  if (!existsSync(TOKEN_FILE) || !existsSync(ID_FILE)) return false;
  const id = read(ID_FILE);
  return device(['list'], 'the devices could not be listed').some(
    ({ deviceId, revokedAt }) => deviceId === id && revokedAt === null,
  );
}

/**
 * Adds the simulated device if there is none, and writes its token where its agent reads it.
 * @param {string} [issuer] of the development provider
 */
function addDevice(issuer) {
  if (hasDevice()) return;
  say('device: adding a simulated one (visiona device add --user demo --name simulated)');
  const at = issuer === undefined ? [] : ['--oidc-issuer', issuer];
  const [added] = device(['add', '--name', 'simulated', ...at], 'the simulated device could not be added');
  writeFileSync(ID_FILE, `${added.deviceId}\n`, { mode: 0o600 });
  writeFileSync(TOKEN_FILE, `${added.sessionToken}\n`, { mode: 0o600 });
}

/** @param {string} file */
const read = (file) => readFileSync(file, 'utf8').trim();

/** A file's path as a quoted word of a shell: relative if the file is below the current folder. @param {string} file */
function shown(file) {
  const short = relative(root, file);
  return (short.startsWith('..') ? file : short).replace(/[^\w./-]/g, '\\$&');
}

/** The request as a curl command that a person can repeat; its secrets stay in their files. @param {string} internal */
function curl(internal) {
  const secret = process.env.INTERNAL_SECRET ? '$INTERNAL_SECRET' : `$(cat ${shown(SECRET_FILE)})`;
  return [
    `curl -X POST -H "Authorization: Bearer ${secret}"`,
    `-H 'X-Forward-Method: GET' -H 'X-Forward-Target: ${TARGET}'`,
    `"${internal}/internal/forward/http?token=$(cat ${shown(TOKEN_FILE)})"`,
  ].join(' \\\n    ');
}

/** Sends a request to the device. @param {string} internal @returns {Promise<Response>} */
function forward(internal) {
  const url = `${internal}/internal/forward/http?token=${encodeURIComponent(read(TOKEN_FILE))}`;
  const headers = {
    authorization: `Bearer ${process.env.INTERNAL_SECRET || read(SECRET_FILE)}`,
    'x-forward-method': 'GET',
    'x-forward-target': TARGET,
  };
  return fetch(url, { method: 'POST', headers });
}

/** @param {string} internal */
async function showRequest(internal) {
  say(`request: GET ${TARGET} to the device, through the internal API:\n${curl(internal)}`);
  const response = await forward(internal);
  const body = await response.text();
  if (!response.ok) throw new Error(`the device did not answer (${response.status}): ${body}`);
  say(`answer: ${response.status} ${response.headers.get('content-type')}`);
  process.stdout.write(`${JSON.stringify(JSON.parse(body), null, 2)}\n`);
}

/** @type {ReturnType<typeof service>[]} */
const running = [];
let stoppedAt = 0;

function stop() {
  stoppedAt = Date.now();
  for (const { stop } of running) stop();
}

function onSignal() {
  if (Date.now() - stoppedAt < SAME_SIGNAL_MS) return;
  if (stoppedAt === 0) say('stopping; once more ends it at once');
  stop();
}

/** Connects the device and shows the request. @param {Record<string, string>} addresses of `up` @param {NodeJS.ProcessEnv} env */
async function demonstrate({ api, tunnel, internal = '', provider }, env, print) {
  addDevice(provider);
  const agent = ['agent', '--simulate', `--tunnel-url=${tunnel}`, `--token-file=${TOKEN_FILE}`];
  const connected = up.line('"msg":"device connected"', `"deviceId":"${read(ID_FILE)}"`);
  running.push(service(agent, { ...env, VISIONA_DEVICE_TOKEN: '', VISIONA_PAIR: '' }, print));
  // If LOG_LEVEL hides that line, the device has had this time to connect.
  const late = delay(CONNECT_MS, undefined, { ref: false });
  const first = await Promise.race([connected, late, ...running.map(({ exited }) => exited)]);
  if (first?.said !== undefined) throw new Error(first.said);
  await showRequest(internal);
  say(`running: REST ${api}, devices dial ${tunnel}, internal ${internal}; Ctrl-C stops it`);
}

if (process.argv.length > 2)
  fail('npm start takes no arguments; set the variables that visiona config prints');
setup();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
const print = await logPrinter();
const env = { ...process.env, VISIONA_DATA_DIR: DATA_DIR, LOG_FORMAT: 'json' };
say(`up: starting everything in one process, data in ${DATA_DIR}`);
/** @type {ReturnType<typeof nextSteps> | undefined} */
let steps;
const up = service(['up'], env, (line) => {
  print(line);
  steps?.heard(line);
});
running.push(up);
const ready = await Promise.race([up.ready, up.exited]);
if (!('said' in ready) && stoppedAt === 0) {
  try {
    await demonstrate(ready, env, print);
    steps = nextSteps(shown(DATA_DIR), ready, env);
    steps.say();
  } catch (error) {
    // An error while the product is being stopped is no failure.
    if (stoppedAt === 0) {
      process.exitCode = 1;
      say(error instanceof Error ? error.message : String(error));
      stop();
    }
  }
}
const first = await Promise.race(running.map(({ exited }) => exited));
if (stoppedAt === 0) {
  say(first.said);
  stop();
}
const exits = await Promise.all(running.map(({ exited }) => exited));
process.exitCode ||= Math.max(...exits.map(({ code }) => code));
