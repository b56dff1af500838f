import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { StoreUnavailableError } from '../../../src/store/ports/errors.js';
import type { NodeId } from '../../../src/store/ports/ids.js';
import type { LiveNode, NewNode, NodePort } from '../../../src/store/ports/nodes.js';
import { LEASE_MS, NodeLease } from '../../../src/tunnel/node/node-lease.js';
import { hasEnded, pidHere, processIdentity } from '../../../src/tunnel/node/process-identity.js';
import { ManualClock } from '../../actors/kit.js';
import { logCapture } from '../../agent/log-capture.js';

/** The one node there is, by the test's clock. */
class MemoryNodes implements NodePort {
  holder: (NewNode & { startedAt: number; expiresAt: number }) | undefined;
  away = false;
  renewals = 0;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  async claimNode(node: NewNode, leaseMs: number, ended?: NodeId): Promise<LiveNode | undefined> {
    this.#reach();
    const now = this.#clock.now();
    const { holder } = this;
    const dead = holder === undefined || holder.expiresAt <= now || holder.nodeId === ended;
    if (!dead && holder.nodeId !== node.nodeId) return { ...holder, leftMs: holder.expiresAt - now };
    this.holder = { ...node, startedAt: now, expiresAt: now + leaseMs };
    return undefined;
  }

  async renewNode(id: NodeId, leaseMs: number): Promise<boolean> {
    this.#reach();
    this.renewals += 1;
    if (this.holder?.nodeId !== id) return false;
    this.holder.expiresAt = this.#clock.now() + leaseMs;
    return true;
  }

  async releaseNode(id: NodeId): Promise<void> {
    this.#reach();
    if (this.holder?.nodeId === id) this.holder = undefined;
  }

  #reach(): void {
    if (this.away) throw new StoreUnavailableError('a test');
  }
}

function stand() {
  const clock = new ManualClock();
  const nodes = new MemoryNodes(clock);
  const { log, lines } = logCapture();
  const take = () => NodeLease.take({ store: nodes, clock, log });
  /** Lets time pass, and everybody do what it brings. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      await new Promise(setImmediate);
    }
  };
  const another = (over: Partial<NewNode> = {}) => {
    const nodeId = 'another' as NodeId;
    nodes.holder = { nodeId, name: 'edge-2', startedAt: 0, expiresAt: clock.now() + LEASE_MS, ...over };
    return nodes.holder;
  };
  return { clock, nodes, lines, take, pass, another };
}

const said = (lines: readonly { readonly msg: string }[], msg: RegExp) =>
  lines.filter((line) => msg.test(line.msg)).length;

test('B6: a lease is renewed for as long as it is held, and released', async () => {
  const { nodes, take, pass, lines } = stand();
  const lease = await take();
  await pass(10 * LEASE_MS);
  assert.ok(nodes.renewals >= 20 && nodes.renewals <= 40, `${nodes.renewals}`);
  assert.ok(nodes.holder !== undefined);
  await lease.release();
  assert.equal(nodes.holder, undefined);
  const { renewals } = nodes;
  await pass(LEASE_MS);
  assert.equal(nodes.renewals, renewals);
  assert.deepEqual(lines, []);
});

test('B6: whoever finds another one that lives is told so, in one sentence', async () => {
  const { take, pass, another, nodes, clock, lines } = stand();
  const holder = another();
  const second = take();
  const outcome = second.then(
    () => 'taken',
    (error) => error,
  );
  await pass(4_000);
  holder.expiresAt = clock.now() + LEASE_MS;
  await pass(1_000);
  const error = await outcome;
  assert.equal(error.code, 'ERR_NODE_TAKEN');
  assert.match(
    error.message,
    /^another process on edge-2, started at 1970-.* owns the tunnels of these data: stop it first/,
  );
  assert.equal(nodes.holder, holder);
  assert.equal(said(lines, /waiting whether it still lives/), 1);
});

test('B6: of a process of this machine its id is said, in the line and in the refusal', async () => {
  const { take, pass, another, clock, lines } = stand();
  const own = processIdentity();
  assert.ok(own !== undefined);
  const holder = another({ process: own });
  const outcome = assert.rejects(take(), {
    message: new RegExp(`^another process \\(pid ${process.pid}\\) on edge-2, started at 1970-`),
  });
  await pass(1_000);
  holder.expiresAt = clock.now() + LEASE_MS;
  await pass(1_000);
  await outcome;
  assert.equal(said(lines, /waiting whether it still lives/), 1);
  assert.equal(lines[0]?.holderPid, process.pid);
  assert.equal(pidHere(JSON.stringify({ ...JSON.parse(own), namespace: 'pid:[1]' })), undefined);
  assert.equal(pidHere('nonsense'), undefined);
});

test('B6: what a process left that was killed is waited for, no longer than its lease', async () => {
  const { take, pass, another, nodes, lines } = stand();
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
  assert.notEqual(nodes.holder?.nodeId, 'another');
  assert.equal(said(lines, /waiting whether it still lives/), 1);
  await (await taking).release();
});

test('B6: one that releases it is not waited for any longer', async () => {
  const { take, pass, another, nodes } = stand();
  another();
  const taking = take();
  await pass(1_000);
  nodes.holder = undefined;
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
  another({ process: identity });
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
  const { nodes, take, pass, lines } = stand();
  const lease = await take();
  let lost = false;
  void lease.lost.then(() => {
    lost = true;
  });
  nodes.away = true;
  await pass(4 * LEASE_MS);
  assert.equal(said(lines, /could not be renewed/), 1);
  nodes.away = false;
  await pass(LEASE_MS);
  assert.equal(lost, false);
  // As where the data were put back from a backup.
  nodes.holder = undefined;
  await pass(LEASE_MS);
  assert.equal(lost, false);
  assert.ok(nodes.holder !== undefined);
  await lease.release();
});

test('B6: back, and another one has taken over, it is lost, once', async () => {
  const { nodes, take, pass, another, lines } = stand();
  const lease = await take();
  nodes.away = true;
  await pass(2 * LEASE_MS);
  const holder = another();
  nodes.away = false;
  await pass(LEASE_MS / 2);
  const why = await lease.lost;
  assert.equal((why as Error & { code: string }).code, 'ERR_NODE_TAKEN');
  assert.match(why.message, /edge-2.* has taken over the tunnels of these data: this one ends/);
  await pass(2 * LEASE_MS);
  await lease.release();
  assert.equal(nodes.holder, holder);
  assert.equal(said(lines, /is lost/), 1);
});
