import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionFixture } from './fixtures.js';

test('the actor of a session whose socket closed ends when the session is released, and hears it once', () => {
  const { session, actor } = new SessionFixture().tunnel('camera');
  session.disconnected();
  assert.ok(session.isClosed());
  assert.deepEqual(actor.kinds(), []);
  session.release();
  session.release();
  assert.deepEqual(actor.kinds(), ['close']);
});

test('a session that was closed has told its actor, and a release tells nothing more', async () => {
  const { session, actor } = new SessionFixture().tunnel('camera');
  await session.close();
  session.disconnected();
  session.release();
  assert.deepEqual(actor.kinds(), ['close']);
});
