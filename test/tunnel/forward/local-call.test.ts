import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { beforeEach, test } from 'node:test';
import type { ForwardFailure, ForwardRequest, ResponseSink } from '../../../src/contract/call.js';
import { LocalCall } from '../../../src/tunnel/forward/local-call.js';
import type { SessionSeeker } from '../../../src/tunnel/registry/session-registry.js';
import { PIECE_BYTES } from '../../../src/tunnel/session/wire/limits.js';
import type { SessionIn } from '../../../src/tunnel/session/wire/session-in.js';
import { SessionFixture } from '../session/main/fixtures.js';
import { roomyBudget } from './unread.js';

const HEAD = Buffer.from('PUT / HTTP/1.1\r\n\r\n');
/** What is kept of a body for a retry (retry.ts). */
const KEPT = 64 * 1024;

class Sink implements ResponseSink {
  failure: ForwardFailure | undefined;
  credited = 0;
  heads = 0;

  head(): void {
    this.heads += 1;
  }
  data(): void {}
  end(): void {}
  fail(failure: ForwardFailure): void {
    this.failure = failure;
  }
  credit(bytes: number): void {
    this.credited += bytes;
  }
}

let sessions: SessionFixture;
let seekers: SessionSeeker[];
let sink: Sink;

beforeEach(() => {
  sessions = new SessionFixture();
  seekers = [];
  sink = new Sink();
});

/** A call whose seekers wait for the test to play the supervisor. */
function call(request: Partial<ForwardRequest> = {}): LocalCall {
  const supervisor = {
    tell: ({ seeker }: { seeker: SessionSeeker }) => seekers.push(seeker) > 0,
  };
  const whole = { method: 'PUT', target: '/', headers: [], bodyLength: undefined, ...request };
  const target = { by: 'device', deviceId: 'camera' } as const;
  const made = new LocalCall(supervisor as never, target, whole, HEAD, sink, roomyBudget(), () => {});
  made.seek();
  return made;
}

/** Answers the oldest seeker with a session of this epoch. */
function find(epoch: number) {
  const tunnel = sessions.tunnel('camera', epoch);
  seekers.shift()?.found(tunnel.session);
  return tunnel;
}

/** The tunnel goes after it sent something. */
function lose({ session, actor }: ReturnType<SessionFixture['tunnel']>): void {
  actor.owner.message({ kind: 'transmit', bytes: Buffer.alloc(1) });
  session.disconnected();
}

function bodyOf(messages: readonly SessionIn[]) {
  const parts = messages.filter((message) => message.kind === 'body');
  return {
    bytes: Buffer.concat(parts.map(({ bytes }) => bytes)),
    last: parts.some(({ last }) => last),
  };
}

test('a large part of a body crosses to the session in pieces, of which only the last one ends the body', () => {
  for (const size of [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES - 1, 3 * PIECE_BYTES]) {
    const body = randomBytes(size);
    for (const when of ['before a session is found', 'after']) {
      const under = call();
      if (when !== 'after') under.body(body, true);
      const { messages } = find(1).actor;
      if (when === 'after') under.body(body, true);
      assert.deepEqual(bodyOf(messages), { bytes: body, last: true });
      const pieces = messages.filter((message) => message.kind === 'body');
      assert.equal(pieces.length, Math.max(1, Math.ceil(size / PIECE_BYTES)));
      assert.deepEqual(pieces.map(({ last }) => last).indexOf(true), pieces.length - 1);
    }
  }
});

test('a body whose first part is too large to keep is not sent again from its second part on', () => {
  const under = call();
  const old = find(1);
  under.body(Buffer.alloc(KEPT + 1), false);
  under.body(Buffer.from('tail'), true);
  assert.equal(bodyOf(old.actor.messages).bytes.length, KEPT + 5);
  lose(old);
  assert.equal(seekers.length, 0);
  assert.equal(sink.failure?.code, 'tunnel-lost-after-send');
});

test('a body that outgrows what is kept is not sent again in part', () => {
  const under = call();
  const old = find(1);
  for (const size of [KEPT, 1, 1]) under.body(Buffer.alloc(size), false);
  lose(old);
  assert.equal(seekers.length, 0);
  assert.equal(sink.failure?.code, 'tunnel-lost-after-send');
});

test('a body of exactly what is kept is sent again whole, and what comes later with it', () => {
  const under = call();
  const old = find(1);
  under.body(Buffer.alloc(KEPT - 1, 'x'), false);
  under.body(Buffer.from('y'), false);
  lose(old);
  // The session that takes over is still sought.
  under.body(Buffer.from('z'), false);
  const next = find(2);
  under.body(Buffer.alloc(KEPT, 'w'), true);
  const { bytes, last } = bodyOf(next.actor.messages);
  assert.equal(bytes.toString(), `${'x'.repeat(KEPT - 1)}yz${'w'.repeat(KEPT)}`);
  assert.ok(last);
  lose(next);
  assert.equal(seekers.length, 0, 'sent a third time');
  assert.equal(sink.failure?.code, 'tunnel-lost-after-send');
});

test('a body of which nothing has come yet does not stand in the way of a retry', () => {
  const under = call();
  lose(find(1));
  under.body(Buffer.from('all of it'), true);
  const next = find(2);
  assert.equal(bodyOf(next.actor.messages).bytes.toString(), 'all of it');
});

test('what comes before there is a session is sent to it whole, however much the credit allows', () => {
  const under = call();
  under.body(Buffer.alloc(KEPT), false);
  under.body(Buffer.alloc(KEPT), false);
  const old = find(1);
  under.body(Buffer.from('tail'), true);
  assert.equal(bodyOf(old.actor.messages).bytes.length, 2 * KEPT + 4);
  lose(old);
  assert.equal(seekers.length, 0);
});

test('parts are copied: the listener uses their memory again', () => {
  const under = call();
  const old = find(1);
  const memory = Buffer.from('first');
  under.body(memory, true);
  memory.fill('-');
  lose(old);
  assert.equal(bodyOf(find(2).actor.messages).bytes.toString(), 'first');
});

for (const [what, next] of [
  [
    'is busy',
    (tunnel: ReturnType<SessionFixture['tunnel']>) =>
      Object.defineProperty(tunnel.session, 'busy', { value: true }),
  ],
  [
    'is lost before it saw the call',
    (tunnel: ReturnType<SessionFixture['tunnel']>) => tunnel.session.disconnected(),
  ],
] as const) {
  test(`D1: a call that the device may have seen says so, whatever the session that is asked next: it ${what}`, () => {
    call({ bodyLength: 0 });
    lose(find(1));
    const tunnel = sessions.tunnel('camera', 2);
    if (what === 'is busy') next(tunnel);
    seekers.shift()?.found(tunnel.session);
    if (what !== 'is busy') next(tunnel);
    assert.equal(sink.failure?.code, 'tunnel-lost-after-send');
  });
}

test('a call that has its answer’s head is not sent again', () => {
  const under = call({ method: 'GET', bodyLength: 0 });
  const old = find(1);
  const exchange = old.actor.messages.find((message) => message.kind === 'open')?.exchange ?? 0;
  old.actor.owner.message({
    kind: 'head',
    exchange,
    status: 200,
    reason: 'OK',
    contentLength: undefined,
    bodyless: false,
    complete: false,
    headers: [],
    body: Buffer.alloc(0),
  });
  lose(old);
  assert.equal(sink.heads, 1);
  assert.equal(seekers.length, 0);
  assert.equal(sink.failure?.code, 'tunnel-lost-after-send');
  under.abort();
});
