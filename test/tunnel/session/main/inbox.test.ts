import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Inbox, RECEIVE_SLACK, receiveBound } from '../../../../src/tunnel/session/main/inbox.js';
import { MAX_EXCHANGES, RECEIVE_CREDIT } from '../../../../src/tunnel/session/wire/limits.js';
import type { SessionIn } from '../../../../src/tunnel/session/wire/session-in.js';
import { defaultConfig } from '../../../../src/tunnel/yamux/config.js';
import { SessionFixture } from './fixtures.js';

/** An inbox before an actor that the test plays. */
class Stage {
  writable = true;
  /** False: the link refuses what is passed on. */
  accepts = true;
  readonly passed: Buffer[] = [];
  readonly inbox: Inbox;
  #resume: (() => void) | undefined;

  constructor() {
    const stage = this;
    const host = {
      get writable() {
        return stage.writable;
      },
      onWritable: (resume: () => void) => {
        this.#resume = resume;
      },
    };
    const tell = (message: SessionIn): boolean => {
      assert.ok(message.kind === 'received');
      if (this.accepts) this.passed.push(Buffer.from(message.bytes));
      return this.accepts;
    };
    this.inbox = new Inbox(host, { tell });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.passed);
  }

  /** The link is writable again. */
  resume(): void {
    this.writable = true;
    this.accepts = true;
    this.#resume?.();
  }
}

test('what the actor keeps up with is passed on at once', () => {
  const { inbox, passed } = new Stage();
  for (const text of ['one', 'two']) inbox.put(Buffer.from(text));
  assert.deepEqual(passed.map(String), ['one', 'two']);
  assert.equal(inbox.unread, 6);
  inbox.read(6);
  assert.equal(inbox.unread, 0);
});

test('no more than the credit is on its way; the rest follows in order as the actor reads', () => {
  const stage = new Stage();
  const { inbox } = stage;
  const sent = Buffer.alloc(3 * RECEIVE_CREDIT + 5);
  for (let at = 0; at < sent.length; at += 4) sent.writeUInt32LE(at, Math.min(at, sent.length - 4));
  const memory = Buffer.alloc(700_000);
  for (let at = 0; at < sent.length; at += memory.length) {
    const part = sent.subarray(at, at + memory.length);
    memory.set(part);
    // The listener uses the same memory for the next message.
    inbox.put(memory.subarray(0, part.length));
  }
  let read = 0;
  while (stage.bytes.length > read) {
    assert.ok(stage.bytes.length - read <= RECEIVE_CREDIT);
    const next = Math.min(RECEIVE_CREDIT / 4, stage.bytes.length - read);
    read += next;
    inbox.read(next);
  }
  assert.ok(stage.bytes.equals(sent));
  assert.equal(inbox.unread, 0);
});

for (const refusal of ['writable', 'accepts'] as const) {
  test(`a link that is full (${refusal}) holds bytes back and loses none`, () => {
    const stage = new Stage();
    stage.inbox.put(Buffer.from('a'));
    stage[refusal] = false;
    stage.inbox.put(Buffer.from('b'));
    stage.inbox.put(Buffer.from('c'));
    assert.equal(stage.bytes.toString(), 'a');
    stage.resume();
    assert.equal(stage.bytes.toString(), 'abc');
    stage.inbox.read(3);
    assert.equal(stage.inbox.unread, 0);
  });
}

test('what waits is dropped with its session', () => {
  const stage = new Stage();
  stage.writable = false;
  stage.inbox.put(Buffer.from('late'));
  stage.inbox.clear();
  stage.resume();
  assert.equal(stage.inbox.unread, 0);
  assert.deepEqual(stage.passed, []);
});

test('small messages that wait count with what they cost', () => {
  const stage = new Stage();
  stage.writable = false;
  for (let i = 0; i < 1000; i += 1) stage.inbox.put(Buffer.from('x'));
  assert.ok(stage.inbox.unread >= 100_000);
});

test('the bound covers what every window allows', () => {
  const { initialWindow, maxWindow, windowGrowth } = defaultConfig;
  assert.equal(receiveBound(0), RECEIVE_SLACK);
  assert.equal(receiveBound(1), RECEIVE_SLACK + maxWindow);
  assert.equal(receiveBound(MAX_EXCHANGES), RECEIVE_SLACK + MAX_EXCHANGES * initialWindow + windowGrowth);
});

test('a device that sends beyond the bound while its actor reads nothing is closed with protocol-error', async () => {
  const fixture = new SessionFixture();
  const { session, socket, actor } = fixture.tunnel('flood');
  const message = Buffer.alloc(1 << 20);
  for (let sent = 0; sent + message.length < RECEIVE_SLACK; sent += message.length) session.received(message);
  assert.equal(session.isClosed(), false);
  const passed = actor.messages.filter(({ kind }) => kind === 'received').length;
  assert.equal(passed, RECEIVE_CREDIT / message.length);

  session.received(message);
  session.received(message);
  assert.equal(session.isClosed(), true);
  assert.equal(actor.kinds().at(-1), 'close');
  actor.owner.message({ kind: 'ended', reason: 'normal', detail: 'closed' });
  assert.equal(socket.closedWith, 'protocol-error');
  await fixture.close();
});

test('a device that its actor keeps up with may send without end', async () => {
  const fixture = new SessionFixture();
  const { session, actor } = fixture.tunnel('busy');
  const message = Buffer.alloc(1 << 20);
  for (let sent = 0; sent < 4 * RECEIVE_SLACK; sent += message.length) {
    session.received(message);
    actor.owner.message({ kind: 'read', bytes: message.length });
  }
  assert.equal(session.isClosed(), false);
  await fixture.close();
});
