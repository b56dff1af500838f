import assert from 'node:assert/strict';
import { spawn as spawnProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { crashed, describeExit } from '../../../src/actors/errors.js';
import type { HostOptions } from '../../../src/actors/hosting/start-client.js';
import { echo } from '../echo-kind.js';
import { type HostFlavour, processHosts, threadHosts } from '../hosts.js';
import { Inbox } from '../inbox.js';
import { settle, until } from '../kit.js';
import { loopback } from '../loopback.js';
import { probe } from './probe.js';
import { onEach, sentence } from './sentence.js';

const processes = processHosts();
const flavours = [threadHosts(), processes];

async function echoIn(hosts: HostFlavour, options?: Partial<HostOptions>) {
  const host = await hosts.start(options);
  const owner = new Inbox<string>();
  return { host, owner, ref: host.spawn(echo, null, owner) };
}

sentence(
  'When a host ends, what it sent before is delivered, then every owner hears host-down and every question rejects.',
  async (t) => {
    await onEach(flavours, async (hosts) => {
      const { host, owner, ref } = await echoIn(hosts);
      const other = new Inbox<string>();
      host.spawn(echo, null, other);
      const asked = ref.ask('never', null, 60_000);
      ref.tell('!last-words');
      await assert.rejects(asked, { code: 'ACTOR_GONE', message: /host down.*7/ });
      for (const each of [owner, other]) assert.equal((await each.exit).kind, 'host-down');
      assert.deepEqual(owner.messages, ['last words']);
      assert.equal((await host.exited).kind, 'crashed');
    })(t);

    const { kind, implementation } = probe((context) => {
      context.emit('still unread');
      return { receive: () => {} };
    });
    const link = await loopback([implementation]);
    const owner = new Inbox<string>();
    link.toOwner.held = true;
    link.host.spawn(kind, null, owner);
    await until(() => link.toOwner.posted.length === 3);
    link.ended.resolve(crashed(new Error('gone')));
    await owner.exit;
    assert.deepEqual(owner.messages, ['still unread']);
    link.server.close();
  },
);

sentence(
  'An uncaught error, an unhandled rejection, an exit, an endless loop or an exhausted heap ends its host only.',
  onEach(flavours, async (hosts) => {
    const bystander = await echoIn(hosts);
    for (const [fault, reason] of [
      ['!uncaught', /crashed: uncaught in the host/],
      ['!unhandled', /crashed: unhandled in the host/],
      ['!exit', /crashed: .*code:? 7/],
      ['!leave', /crashed: .*(code:? 0|without being asked)/],
      ['!spin', /killed: no sign of life/],
      ['!heap', /crashed: .*(memory|SIGABRT)/],
    ] as const) {
      const timeoutMs = fault === '!spin' ? 200 : 60_000;
      const { host, owner, ref } = await echoIn(hosts, { liveness: { periodMs: 50, timeoutMs } });
      assert.equal(await ref.ask('double', 2, 5000), 4);
      ref.tell(fault);
      bystander.ref.tell(fault.slice(1));
      assert.match(describeExit(await host.exited), reason);
      assert.equal((await owner.exit).kind, 'host-down');
      assert.equal(await bystander.ref.ask('double', 21, 5000), 42);
    }
    assert.deepEqual(await bystander.owner.until(6), [
      'uncaught',
      'unhandled',
      'exit',
      'leave',
      'spin',
      'heap',
    ]);
    await bystander.host.stop(5000);
  }),
);

sentence('A host that leaves its pings unanswered for the timeout is killed.', async () => {
  const link = await loopback([], { liveness: { periodMs: 1000, timeoutMs: 3000 } });
  let ended = false;
  void link.host.exited.then(() => {
    ended = true;
  });
  for (let second = 0; second < 10; second++) {
    const answers = link.toOwner.posted.length;
    link.clock.advance(1000);
    await until(() => link.toOwner.posted.length > answers);
    await settle();
  }
  assert.equal(ended, false, 'it answers');
  link.toHost.held = true;
  link.clock.advance(2999);
  await settle();
  assert.equal(ended, false);
  link.clock.advance(1001);
  assert.deepEqual(await link.host.exited, { kind: 'killed', why: 'no sign of life for 3000 ms' });
  link.server.close();
});

sentence(
  'Stopping a host stops its actors, then the host; past the timeout it is killed.',
  onEach(flavours, async (hosts) => {
    const { host, owner, ref } = await echoIn(hosts);
    ref.tell('a');
    assert.deepEqual(await host.stop(5000), { kind: 'normal' });
    assert.deepEqual(owner.messages, ['a', 'terminated']);
    assert.deepEqual(await owner.exit, { kind: 'normal' });
    assert.deepEqual(await host.stop(5000), { kind: 'normal' }, 'again');

    const slow = await echoIn(hosts);
    slow.ref.tell('!stay');
    assert.deepEqual(await slow.host.stop(50), { kind: 'killed', why: 'did not stop within 50 ms' });
    assert.equal((await slow.owner.exit).kind, 'host-down');
  }),
);

sentence('An actor spawned in a host that has ended ends at once as host-down.', async () => {
  const { kind, implementation } = probe(() => ({
    receive: () => {},
    terminated: () => new Promise(() => {}),
  }));
  const link = await loopback([implementation]);
  link.host.spawn(kind, null, new Inbox<string>());
  const stopped = link.host.stop(1000);
  const stopping = new Inbox<string>();
  link.host.spawn(kind, null, stopping);
  assert.deepEqual(await stopping.exit, { kind: 'host-down', why: 'the host is stopping' });
  link.clock.advance(1000);
  await stopped;
  const late = new Inbox<string>();
  const ref = link.host.spawn(kind, null, late);
  assert.equal(ref.tell('too late'), false);
  assert.equal((await late.exit).kind, 'host-down');
  assert.equal((await ref.stop(1000)).kind, 'host-down');
  link.server.close();
});

sentence(
  'An owner that throws at a message loses that actor: it is killed and reported as crashed.',
  async () => {
    let terminated = 0;
    const { kind, implementation } = probe((context) => ({
      receive: (message) => {
        context.emit(message);
      },
      terminated: () => {
        terminated += 1;
      },
    }));
    const link = await loopback([implementation]);
    const owner = new Inbox<string>();
    const other = new Inbox<string>();
    const bad = {
      message: () => {
        throw new Error('the owner fails');
      },
      exited: (reason: Parameters<typeof owner.exited>[0]) => owner.exited(reason),
    };
    link.host.spawn(kind, null, bad).tell('one');
    link.host.spawn(kind, null, other).tell('two');
    const reason = await owner.exit;
    assert.equal(reason.kind === 'crashed' && reason.error.message, 'the owner fails');
    assert.deepEqual(await other.until(1), ['two']);
    assert.equal(link.host.stats().actors, 1);
    assert.equal(terminated, 0);
    await link.close();
  },
);

sentence(
  'A host whose module does not load rejects its start with HOST_START_FAILED, or with HOST_START_LATE if it is not ready in time.',
  onEach(flavours, async (hosts) => {
    for (const [module, message] of [
      [new URL('../modules/broken.js', import.meta.url), /this module does not load/],
      [new URL('../modules/empty.js', import.meta.url), /does not export "implementations"/],
      [new URL('missing.js', import.meta.url), /missing/],
    ] as const) {
      await assert.rejects(hosts.start({ module }), { code: 'HOST_START_FAILED', message });
    }
    const endless = new URL('../modules/endless.js', import.meta.url);
    const withData = new URL('../modules/with-data.js', import.meta.url);
    await assert.rejects(hosts.start({ module: endless, startTimeoutMs: 50 }), {
      code: 'HOST_START_LATE',
      message: /not ready within 50 ms/,
    });
    const host = await hosts.start({ module: withData, data: [1] });
    const owner = new Inbox<string>();
    host.spawn(echo, null, owner);
    assert.deepEqual(await owner.until(1), ['data: 1']);
    await host.stop(5000);
  }),
);

sentence(
  'A host process ignores the signals of its group and ends by itself when its parent dies.',
  async () => {
    const { host, ref } = await echoIn(processes);
    const pid = await ref.ask('pid', null, 5000);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.kill(pid, signal);
    assert.equal(await ref.ask('double', 4, 5000), 8);
    await host.stop(5000);

    const program = fileURLToPath(new URL('../modules/parent.js', import.meta.url));
    const parent = spawnProcess(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(parent.stdout, 'data');
    assert.match(String(line), /^\d+\n$/);
    parent.kill('SIGKILL');
    // The host has the same standard output: it closes when both are gone.
    await once(parent.stdout, 'close');
  },
);
