import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExitReason } from '../../../src/actors/errors.js';
import { probe } from '../contract/probe.js';
import { echo } from '../echo-kind.js';
import { Inbox } from '../inbox.js';
import { settle, until } from '../kit.js';
import { loopback } from '../loopback.js';

type Riddle = { riddle: { request: unknown; response: unknown } };

/** An actor in the test's own thread that answers its one question with `answer`. */
async function answering(answer: (request: unknown) => unknown) {
  const { kind, implementation } = probe<Riddle>(() => ({ receive: () => {}, answer: { riddle: answer } }));
  const link = await loopback([implementation]);
  const owner = new Inbox<string>();
  return { ...link, owner, ref: link.host.spawn(kind, null, owner) };
}

function codeOf(reason: ExitReason): string | undefined {
  return reason.kind === 'crashed' ? reason.error.code : undefined;
}

test('a kind that the host module does not have ends at its start, as crashed', async () => {
  const link = await loopback([]);
  const owner = new Inbox<string>();
  link.host.spawn(echo, null, owner).tell('hello');
  assert.equal(codeOf(await owner.exit), 'ACTOR_UNKNOWN_KIND');
  await link.close();
});

test('an answer that cannot cross the link ends the actor', async () => {
  const { ref, owner, close } = await answering(() => () => 'functions do not cross');
  await assert.rejects(ref.ask('riddle', null, 1000), { code: 'ACTOR_GONE', message: /could not be cloned/ });
  assert.equal((await owner.exit).kind, 'crashed');
  await close();
});

test('a question that cannot cross the link rejects, and the actor goes on', async () => {
  const { ref, close } = await answering(() => 'fine');
  await assert.rejects(
    ref.ask('riddle', () => {}, 1000),
    /could not be cloned/,
  );
  assert.equal(await ref.ask('riddle', 'data', 1000), 'fine');
  await close();
});

test('an init that cannot cross the link throws at the spawner', async () => {
  const link = await loopback([]);
  const kind = { ...echo, types: undefined } as unknown as Parameters<typeof link.host.spawn>[0];
  assert.throws(() => link.host.spawn(kind, () => {}, new Inbox()), /could not be cloned/);
  assert.equal(link.host.stats().actors, 0);
  await link.close();
});

test('an exit reason that cannot cross the link is reported as the error it causes', async () => {
  const odd = { kind: 'killed', why: () => 'not data' } as unknown as ExitReason;
  const { kind, implementation } = probe((context) => ({ receive: () => context.exit(odd) }));
  const link = await loopback([implementation]);
  const owner = new Inbox<string>();
  link.host.spawn(kind, null, owner).tell('end');
  assert.match(JSON.stringify(await owner.exit), /could not be cloned/);
  await link.close();
});

test('nobody who has ended is told that the link is writable', async () => {
  const resumed: string[] = [];
  const { kind, implementation } = probe((context) => ({
    receive: (name) => {
      while (context.writable) context.emit('x'.repeat(1000));
      context.onWritable(() => resumed.push(name));
      if (name === 'ends') context.exit();
    },
  }));
  const link = await loopback([implementation], { bounds: { softBytes: 10_000 } });
  link.toOwner.held = true;
  const [ending, staying] = [new Inbox<string>(), new Inbox<string>()];
  link.host.spawn(kind, null, ending).tell('ends');
  link.host.spawn(kind, null, staying).tell('stays');
  await until(() => link.toOwner.posted.length > 2);
  link.toOwner.release();
  await ending.exit;
  await until(() => resumed.length > 0);
  await settle();
  assert.deepEqual(resumed, ['stays']);
  await link.close();
});

test('an owner that throws when it hears of the exit does not keep others from hearing theirs', async () => {
  const { kind, implementation } = probe((context) => ({ receive: () => context.exit() }));
  const link = await loopback([implementation]);
  const other = new Inbox<string>();
  const bad = {
    message: () => {},
    exited: () => {
      throw new Error('the owner fails at the exit');
    },
  };
  const uncaught = new Promise<Error>((resolve) => process.setUncaughtExceptionCaptureCallback(resolve));
  const refs = [link.host.spawn(kind, null, bad), link.host.spawn(kind, null, other)];
  for (const ref of refs) ref.tell('end');
  assert.deepEqual(await other.exit, { kind: 'normal' });
  assert.equal((await uncaught).message, 'the owner fails at the exit');
  process.setUncaughtExceptionCaptureCallback(null);
  await link.close();
});
