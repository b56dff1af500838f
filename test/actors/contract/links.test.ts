import assert from 'node:assert/strict';
import type { HostedContext, HostedKind } from '../../../src/actors/host.js';
import { hosted } from '../../../src/actors/host.js';
import { BATCH_BYTES, COPY_BYTES } from '../../../src/actors/limits.js';
import type { Codec } from '../../../src/actors/pack.js';
import { sized } from '../../support/sized.js';
import { Inbox } from '../inbox.js';
import { deferred, settle, until } from '../kit.js';
import { loopback } from '../loopback.js';
import { bytes, probe, text } from './probe.js';
import { sentence } from './sentence.js';

const KIB = 'x'.repeat(1024);
const BOUNDS = { softBytes: 16 * 1024, hardBytes: 64 * 1024 };

type Echo = { echo: { request: string; response: string } };

/** An actor in a host with small bounds; `context` is its own. */
async function bounded() {
  let context: HostedContext<string, string> | undefined;
  const { kind, implementation } = probe<Echo>((own) => {
    context = own;
    return { receive: () => {}, answer: { echo: (request) => request } };
  });
  const link = await loopback([implementation], { bounds: BOUNDS });
  const owner = new Inbox<string>();
  const ref = link.host.spawn(kind, null, owner);
  await ref.ask('echo', 'up', 1000);
  if (context === undefined) throw new Error('the actor did not start');
  return { ...link, kind, owner, ref, context };
}

sentence('What is sent in a loop turn is posted as one batch, unless it exceeds 64 KiB.', async () => {
  const { kind, implementation } = probe((context) => ({
    receive: (message) => {
      context.emit(message);
    },
  }));
  const link = await loopback([implementation]);
  const owner = new Inbox<string>();
  const ref = link.host.spawn(kind, null, owner);
  await settle();
  link.toHost.posted.length = 0;
  for (let i = 0; i < 100; i++) ref.tell('small');
  await owner.until(100);
  assert.equal(link.toHost.posted.length, 1);

  link.toHost.posted.length = 0;
  for (let i = 0; i < 80; i++) ref.tell(KIB);
  assert.equal(link.toHost.posted.length, 1, 'posted within the turn');
  assert.ok((link.toHost.posted[0] ?? 0) >= BATCH_BYTES);
  await owner.until(180);
  assert.equal(link.toHost.posted.length, 2);
  await link.close();
});

sentence(
  'Messages that came take some milliseconds of a loop turn; those that are left wait for the next, in their order.',
  async (t) => {
    let now = 0;
    t.mock.method(performance, 'now', () => now);
    const turnsAt: number[] = [];
    let turns = 0;
    let counting: NodeJS.Immediate;
    const count = () => {
      turns += 1;
      counting = setImmediate(count);
    };
    const heard: string[] = [];
    const { kind, implementation } = probe(() => ({
      receive: (message) => {
        heard.push(message);
        turnsAt.push(turns);
        now += 1;
      },
    }));
    const link = await loopback([implementation]);
    const ref = link.host.spawn(kind, null, new Inbox<string>());
    await settle();
    const sent = Array.from({ length: 100 }, (_, i) => `${i}`);
    for (const message of sent) ref.tell(message);
    count();
    await until(() => heard.length === sent.length);
    clearImmediate(counting!);
    assert.deepEqual(heard, sent);
    assert.ok(new Set(turnsAt).size >= 3, `in ${new Set(turnsAt).size} turns`);
    await link.close();
  },
);

sentence(
  'From the soft bound on `writable` is false; `onWritable` calls once when the link falls below it.',
  async () => {
    const { host, ref, context, toHost, toOwner, close } = await bounded();
    for (const side of [
      { link: host, send: () => ref.tell(KIB), transport: toHost },
      { link: context, send: () => context.emit(KIB), transport: toOwner },
    ]) {
      side.transport.held = true;
      let sent = 0;
      while (side.link.writable) {
        assert.equal(side.send(), true);
        sent += 1;
      }
      // A quarter of the bound may be consumed without the sender knowing it yet.
      assert.ok(sent >= 12 && sent <= 16, `${sent} KiB fit below 16 KiB`);
      let calls = 0;
      side.link.onWritable(() => {
        calls += 1;
      });
      assert.equal(side.send(), true, 'above the soft bound messages still pass');
      await settle();
      assert.equal(calls, 0);
      side.transport.release();
      await until(() => calls === 1);
      assert.equal(side.link.writable, true);
      for (let turn = 0; turn < 10; turn++) await settle();
      assert.equal(calls, 1);
    }
    await close();
  },
);

sentence(
  'From the hard bound on `tell` and `emit` are false, `ask` rejects, and a spawned actor ends at once.',
  async () => {
    const { host, kind, ref, context, toHost, toOwner, close } = await bounded();
    toHost.held = true;
    toOwner.held = true;
    let told = 0;
    while (ref.tell(KIB)) told += 1;
    assert.ok(told >= 60 && told <= 64, `${told} KiB fit below 64 KiB`);
    await assert.rejects(ref.ask('echo', '', 1000), { code: 'ACTOR_MAILBOX_FULL' });
    const owner = new Inbox<string>();
    assert.equal(host.spawn(kind, null, owner).tell(''), false);
    const reason = await owner.exit;
    assert.equal(reason.kind === 'crashed' && reason.error.code, 'ACTOR_MAILBOX_FULL');
    while (context.emit(KIB));
    assert.equal(context.emit(KIB), false);
    await close();
  },
);

sentence('Stops, kills, exits, replies, pings and credit pass beyond the hard bound.', async () => {
  const { host, kind, ref, context, clock, toHost, toOwner, close } = await bounded();
  const [stopped, killed] = [new Inbox<string>(), new Inbox<string>()];
  const refs = [host.spawn(kind, null, stopped), host.spawn(kind, null, killed)] as const;
  await refs[1].ask('echo', 'up', 1000);

  toOwner.held = true;
  const asked = ref.ask('echo', 'reply', 1e9);
  await until(() => host.stats().depthBytes > 0);
  await settle();
  while (context.emit(KIB));
  toHost.held = true;
  while (ref.tell(''));
  const exit = refs[0].stop(1e9);
  refs[1].kill('passes');
  const before = host.stats().sentMessages;
  clock.advance(3000);
  assert.equal(host.stats().sentMessages, before + 3, 'pings');
  toHost.release();
  await settle();
  toOwner.release();
  assert.equal(await asked, 'reply');
  assert.deepEqual(await exit, { kind: 'normal' });
  assert.deepEqual(await killed.exit, { kind: 'killed', why: 'passes' });
  // What waits is read in several turns, the pings last: with this answer theirs have come.
  await until(() => host.writable);
  assert.equal(await ref.ask('echo', 'later', 1e9), 'later');
  clock.advance(4000);
  await until(() => host.writable && context.writable);
  await close();
});

sentence(
  'A message that waits in the mailbox of a busy actor is not consumed: it counts against the bounds until it is handled.',
  async () => {
    const gate = deferred();
    const { kind, implementation } = probe(() => ({ receive: () => gate.promise }));
    const link = await loopback([implementation], { bounds: BOUNDS });
    const ref = link.host.spawn(kind, null, new Inbox<string>());
    while (link.host.writable) ref.tell(KIB);
    for (let turn = 0; turn < 10; turn++) await settle();
    assert.ok(link.host.stats().depthBytes > 14 * 1024);
    gate.resolve();
    await until(() => link.host.stats().depthBytes < 4 * 1024 + 100);
    await link.close();
  },
);

sentence(
  'A codec that throws while it writes throws to the sender, and nothing of the message is sent.',
  async () => {
    const picky = {
      write: (message: string, out: Parameters<typeof text.write>[1]) => {
        out.u32(7);
        if (message === 'bad') throw new TypeError('cannot be written');
        text.write(message, out);
      },
      read: (from: Parameters<typeof text.read>[0]) => (from.u32() === 7 ? text.read(from) : 'garbled'),
    };
    const kind: HostedKind<string, string, string, null> = { name: 'picky', in: picky, out: text };
    const implementation = hosted({
      kind,
      start: (_init, context) => ({
        receive: (message) => {
          context.emit(message);
        },
      }),
    });
    const link = await loopback([implementation]);
    const owner = new Inbox<string>();
    const ref = link.host.spawn(kind, null, owner);
    ref.tell('one');
    assert.throws(() => ref.tell('bad'), /cannot be written/);
    ref.tell('two');
    assert.deepEqual(await owner.until(2), ['one', 'two']);
    await link.close();
  },
);

sentence('A codec that throws while it reads ends the actor.', async () => {
  const unreadable = {
    write: text.write,
    read: (): string => {
      throw new TypeError('cannot be read');
    },
  };
  for (const [toActor, toOwner] of [
    [unreadable, text],
    [text, unreadable],
  ] as const) {
    const kind: HostedKind<string, string, string, null> = { name: 'unreadable', in: toActor, out: toOwner };
    const implementation = hosted({
      kind,
      start: (_init, context) => ({
        receive: (message) => {
          context.emit(message);
        },
      }),
    });
    const link = await loopback([implementation]);
    const owner = new Inbox<string>();
    link.host.spawn(kind, null, owner).tell('hello');
    const reason = await owner.exit;
    assert.equal(reason.kind === 'crashed' && reason.error.message, 'cannot be read');
    await link.close();
  }
});

sentence('Byte ranges that a codec reads from a batch may be kept without a copy.', async () => {
  const kept: Buffer[] = [];
  const kind: HostedKind<Buffer, Buffer, Buffer, null> = { name: 'bytes', in: bytes, out: bytes };
  const implementation = hosted({
    kind,
    start: () => ({
      receive: (message) => {
        kept.push(message);
      },
    }),
  });
  const link = await loopback([implementation]);
  const ref = link.host.spawn(kind, null, new Inbox<Buffer>());
  for (let round = 0; round < sized(50, 1000); round++) {
    ref.tell(Buffer.alloc(100 * round, round));
    await until(() => kept.length === round + 1);
  }
  kept.forEach((each, round) => {
    assert.ok(each.equals(Buffer.alloc(100 * round, round)));
  });
  await link.close();
});

sentence(
  'Byte ranges that it lends are valid until the handler returns, be it a promise: the batch may carry a later one back.',
  async () => {
    const lent: Codec<Buffer> = { ...bytes, read: (from) => from.lent() };
    for (const { codec, isReused } of [
      { codec: lent, isReused: true },
      { codec: bytes, isReused: false },
    ]) {
      const kind: HostedKind<Buffer, Buffer, Buffer, null> = { name: 'bytes', in: codec, out: bytes };
      const implementation = hosted({
        kind,
        start: (_init, context) => ({
          receive: (message) => {
            context.emit(Buffer.alloc(message.length));
          },
        }),
      });
      const link = await loopback([implementation]);
      const owner = new Inbox<Buffer>();
      const ref = link.host.spawn(kind, null, owner);
      for (let round = 1; round <= 4; round++) {
        ref.tell(Buffer.alloc(2 * COPY_BYTES));
        await owner.until(round);
      }
      assert.equal(
        link.toOwner.given.some((buffer) => link.toHost.given.includes(buffer)),
        isReused,
      );
      await link.close();
    }
  },
);

sentence(
  'Byte ranges that it leases may be kept until they are released; then the batch may carry a later one back.',
  async () => {
    const leased: Codec<Buffer> = { ...bytes, read: (from) => from.leased() };
    const kind: HostedKind<Buffer, Buffer, Buffer, null> = { name: 'bytes', in: leased, out: bytes };
    const kept: Buffer[] = [];
    const implementation = hosted({
      kind,
      start: (_init, context) => ({
        receive: (message) => {
          kept.push(message);
          // The last three are kept.
          const oldest = kept.length > 3 ? kept.shift() : undefined;
          context.emit(Buffer.from(oldest ?? 'none yet'));
          if (oldest !== undefined) context.release(oldest);
        },
      }),
    });
    const link = await loopback([implementation]);
    const owner = new Inbox<Buffer>();
    const ref = link.host.spawn(kind, null, owner);
    const sent = Array.from({ length: 12 }, (_, i) => Buffer.alloc(2 * COPY_BYTES, i));
    for (const [round, message] of sent.entries()) {
      ref.tell(message);
      await owner.until(round + 1);
    }
    assert.deepEqual(owner.messages.slice(3), sent.slice(0, -3));
    assert.ok(link.toOwner.given.some((buffer) => link.toHost.given.includes(buffer)));
    await link.close();
  },
);

sentence(
  'A message that its codec joins to the one before it, for the same actor and in the same batch, is read as one with it.',
  async () => {
    const joined: Codec<Buffer> = {
      ...bytes,
      join: (message, out) => {
        out.raw(message);
        return true;
      },
    };
    const kind: HostedKind<Buffer, Buffer, Buffer, null> = { name: 'bytes', in: joined, out: bytes };
    const heard: string[] = [];
    const receive = (message: Buffer) => {
      heard.push(message.toString());
    };
    const link = await loopback([hosted({ kind, start: () => ({ receive }) })]);
    const [one, other] = [new Inbox<Buffer>(), new Inbox<Buffer>()].map((owner) =>
      link.host.spawn(kind, null, owner),
    );
    for (const text of ['a', 'b', 'c']) one!.tell(Buffer.from(text));
    other!.tell(Buffer.from('d'));
    one!.tell(Buffer.from('e'));
    await until(() => heard.length === 3);
    one!.tell(Buffer.from('f'));
    await until(() => heard.length === 4);
    assert.deepEqual(heard, ['abc', 'd', 'e', 'f']);
    await link.close();
  },
);

sentence(
  '`beforePost` work runs once before the batch of its loop turn is posted, and its output is in that batch.',
  async () => {
    const { kind, implementation } = probe((context) => {
      let seen = 0;
      const work = {
        endTurn: () => {
          context.emit(`${seen} seen`);
          if (seen === 6) throw new Error('work fails');
        },
      };
      return {
        receive: () => {
          seen += 1;
          context.beforePost(work);
        },
      };
    });
    const link = await loopback([implementation]);
    const owner = new Inbox<string>();
    const ref = link.host.spawn(kind, null, owner);
    await settle();
    for (const [round, tells] of [3, 2].entries()) {
      const before = link.toOwner.posted.length;
      for (let i = 0; i < tells; i++) ref.tell('');
      await owner.until(round + 1);
      assert.equal(link.toOwner.posted.length, before + 1);
    }
    assert.deepEqual(owner.messages, ['3 seen', '5 seen']);
    ref.tell('');
    assert.equal((await owner.exit).kind, 'crashed');
    await link.close();
  },
);
