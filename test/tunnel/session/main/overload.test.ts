import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { SessionFixture } from './fixtures.js';

test('N1: a session whose host does not take a message ends, but not within the call that sent it', async () => {
  const { session, actor } = new SessionFixture().tunnel('camera');
  const lost: string[] = [];
  const exchange = session.listen({
    beganAt: 0,
    exchangeEvent() {},
    sessionLost: (_reached, detail) => lost.push(detail),
  });
  actor.accepts = false;
  session.send({ kind: 'consumed', exchange, bytes: 1 });
  assert.deepEqual(lost, []);
  // No message is sent after one that was refused, though the link would take it.
  actor.accepts = true;
  session.send({ kind: 'consumed', exchange, bytes: 2 });
  assert.deepEqual(actor.messages, []);
  await turn();
  assert.deepEqual(lost, ['the session host does not take what callers send']);
  assert.equal(actor.killed, true);
  assert.equal(session.isClosed(), true);
});
