import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { LEASE_MS, NodeLease } from '../../../src/tunnel/node/node-lease.js';
import { hasEnded, pidHere, processIdentity } from '../../../src/tunnel/node/process-identity.js';
import { ManualClock } from '../../actors/kit.js';
import { logCapture } from '../../agent/log-capture.js';
import { AWAY, TestStore } from '../../support/test-store.js';

/** A node that holds the lease, as a row. */
interface NodeRow {
  readonly id: string;
  readonly name: string;
  readonly process: string | null;
  readonly expires_at: number;
}

let clock: ManualClock;
let store: TestStore;
beforeEach(async () => {
  clock = new ManualClock();
  // The store tells the time of leases by the machine's clock.
  mock.timers.enable({ apis: ['Date'], now: clock.now() });
  store = await TestStore.open();
});
afterEach(async () => {
  mock.timers.reset();
  await store.close();
});

function stand() {
  const { log, lines } = logCapture();
  const take = async () => {
    const lease = new NodeLease({ store, clock, log });
    await lease.take();
    return lease;
  };
  /** Lets time pass, and everybody do what it brings. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      mock.timers.setTime(clock.now());
      // A write of the store takes three turns.
      for (let turn = 0; turn < 4; turn += 1) await new Promise(setImmediate);
    }
  };
  const holder = () => store.rows<NodeRow>('nodes')[0];
  const drop = () => store.sql('DELETE FROM nodes');
  /** Another node holds the lease from now on. */
  const another = (identity: string | null = null) => {
    drop();
    const expiresAt = clock.now() + LEASE_MS;
    store.sql("INSERT INTO nodes VALUES ('another', 'edge-2', ?, 0, ?)", identity, expiresAt);
  };
  const renewals = () => store.calls.filter((name) => name === 'renewNode').length;
  return { lines, take, pass, holder, drop, another, renewals };
}

const said = (lines: readonly { readonly msg: string }[], msg: RegExp) =>
  lines.filter((line) => msg.test(line.msg)).length;

test('B6: a lease is renewed for as long as it is held, and released', async () => {
  const { take, pass, lines, holder, renewals } = stand();
  const lease = await take();
  await pass(10 * LEASE_MS);
  assert.ok(renewals() >= 20 && renewals() <= 40, `${renewals()}`);
  assert.ok(holder() !== undefined);
  await lease.release();
  assert.equal(holder(), undefined);
  const before = renewals();
  await pass(LEASE_MS);
  assert.equal(renewals(), before);
  assert.deepEqual(lines, []);
});

test('B6: whoever finds another one that lives is told so, in one sentence', async () => {
  const { take, pass, another, holder, lines } = stand();
  another();
  const second = take();
  const outcome = second.then(
    () => 'taken',
    (error) => error,
  );
  await pass(4_000);
  another();
  await pass(1_000);
  const error = await outcome;
  assert.equal(error.code, 'ERR_NODE_TAKEN');
  assert.match(
    error.message,
    /^another process on edge-2, started at 1970-.* owns the tunnels of these data: stop it first/,
  );
  assert.equal(holder()?.id, 'another');
  assert.equal(said(lines, /waiting whether it still lives/), 1);
});

test('B6: of a process of this machine its id is said, in the line and in the refusal', async () => {
  const { take, pass, another, lines } = stand();
  const own = processIdentity();
  assert.ok(own !== undefined);
  another(own);
  const outcome = assert.rejects(take(), {
    message: new RegExp(`^another process \\(pid ${process.pid}\\) on edge-2, started at 1970-`),
  });
  await pass(1_000);
  another(own);
  await pass(1_000);
  await outcome;
  assert.equal(said(lines, /waiting whether it still lives/), 1);
  assert.equal(lines[0]?.holderPid, process.pid);
  assert.equal(pidHere(JSON.stringify({ ...JSON.parse(own), namespace: 'pid:[1]' })), undefined);
  assert.equal(pidHere('nonsense'), undefined);
});

test('B6: what a process left that was killed is waited for, no longer than its lease', async () => {
  const { take, pass, another, holder, lines } = stand();
  another();
  let taken = false;
  const taking = take().then((lease) => {
    taken = true;
    return lease;
  });
  await pass(LEASE_MS - 200);
  assert.equal(taken, false);
  await pass(1_000);
  assert.equal(taken, true);
  assert.notEqual(holder()?.id, 'another');
  assert.equal(said(lines, /waiting whether it still lives/), 1);
  await (await taking).release();
});

test('B6: one that releases it is not waited for any longer', async () => {
  const { take, pass, another, drop } = stand();
  another();
  const taking = take();
  await pass(1_000);
  drop();
  await pass(1_000);
  await (await taking).release();
});

test('B6: a process of this machine that is known to have ended is not waited for', async () => {
  const child = spawn(
    process.execPath,
    [
      '-e',
      `
    import('${new URL('../../../src/tunnel/node/process-identity.js', import.meta.url).href}').then(
      ({ processIdentity }) => process.stdout.write(processIdentity()));
    setInterval(() => {}, 1000)`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [identity] = (await once(child.stdout, 'data')).map(String);
  assert.ok(identity !== undefined);
  assert.equal(hasEnded(identity), false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(hasEnded(identity), true);
  const { take, another, lines } = stand();
  another(identity);
  await (await take()).release();
  assert.deepEqual(lines, []);
});

test('B6: a process is only taken for ended where that is certain', () => {
  const own = processIdentity();
  assert.ok(own !== undefined);
  assert.equal(hasEnded(own), false);
  const changed = (over: object) => JSON.stringify({ ...JSON.parse(own), ...over });
  // Another one has its id now.
  assert.equal(hasEnded(changed({ startedAt: '1' })), true);
  assert.equal(hasEnded(changed({ boot: 'of another machine', startedAt: '1' })), false);
  assert.equal(hasEnded(changed({ namespace: 'pid:[1]', startedAt: '1' })), false);
  for (const nonsense of ['', 'x', '{}', 'null']) assert.equal(hasEnded(nonsense), false);
});

test('B6: while the store is away the tunnels stay; back, and nobody has taken over, it goes on', async () => {
  const { take, pass, lines, drop, holder } = stand();
  const lease = await take();
  let lost = false;
  void lease.lost.then(() => {
    lost = true;
  });
  store.fault = AWAY;
  await pass(4 * LEASE_MS);
  assert.equal(said(lines, /could not be renewed/), 1);
  store.fault = undefined;
  await pass(LEASE_MS);
  assert.equal(lost, false);
  // As where the data were put back from a backup.
  drop();
  await pass(LEASE_MS);
  assert.equal(lost, false);
  assert.ok(holder() !== undefined);
  await lease.release();
});

test('B6: back, and another one has taken over, it is lost, once', async () => {
  const { take, pass, another, holder, lines } = stand();
  const lease = await take();
  store.fault = AWAY;
  await pass(2 * LEASE_MS);
  another();
  store.fault = undefined;
  await pass(LEASE_MS / 2);
  const why = await lease.lost;
  assert.equal((why as Error & { code: string }).code, 'ERR_NODE_TAKEN');
  assert.match(why.message, /edge-2.* has taken over the tunnels of these data: this one ends/);
  await pass(2 * LEASE_MS);
  await lease.release();
  assert.equal(holder()?.id, 'another');
  assert.equal(said(lines, /is lost/), 1);
});
