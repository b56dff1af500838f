import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import {
  SOCKET_CREDIT_ALONE,
  SOCKET_CREDIT_STEP,
} from '../../../../src/tunnel/session/main/tunnel-session.js';
import { SOCKET_CREDIT } from '../../../../src/tunnel/session/wire/limits.js';
import { SessionFixture } from './fixtures.js';

let tunnel: ReturnType<SessionFixture['tunnel']>;
beforeEach(() => {
  tunnel = new SessionFixture().tunnel('camera');
});

/** The session sends this many bytes. */
function transmit(bytes: number): void {
  tunnel.actor.owner.message({ kind: 'transmit', bytes: Buffer.alloc(bytes) });
}

function credits(): number[] {
  return tunnel.actor.messages.flatMap((message) => (message.kind === 'sent' ? [message.bytes] : []));
}

test('while a session has credit, what its socket takes is told in steps', () => {
  for (let call = 0; call < 300; call += 1) {
    transmit(1000);
    tunnel.session.socketSent(1000);
  }
  assert.deepEqual(credits(), [197_000]);
  assert.ok(SOCKET_CREDIT_ALONE <= 197_000);
});

test('when something else is said to the session, smaller steps go with it', () => {
  const receive = () => tunnel.session.received(Buffer.alloc(12));
  for (const bytes of [SOCKET_CREDIT_STEP - 1, 1]) {
    transmit(bytes);
    tunnel.session.socketSent(bytes);
    assert.deepEqual(credits(), []);
    if (bytes > 1) receive();
  }
  receive();
  assert.deepEqual(tunnel.actor.kinds(), ['received', 'sent', 'received']);
  assert.deepEqual(credits(), [SOCKET_CREDIT_STEP]);
});

test('a session out of credit is told at once what its socket takes, however little', () => {
  transmit(SOCKET_CREDIT);
  for (let part = 0; part < 3; part += 1) {
    tunnel.session.socketSent(1000);
    transmit(1000);
  }
  assert.deepEqual(credits(), [1000, 1000, 1000]);
});

for (const left of [1, 11, 12]) {
  test(`with ${left} bytes left, too few for a frame with data, a session is out of credit too`, () => {
    transmit(SOCKET_CREDIT - left);
    tunnel.session.socketSent(500);
    assert.deepEqual(credits(), [500]);
    transmit(500 - 13 + left);
    tunnel.session.socketSent(500);
    assert.deepEqual(credits(), [500], 'it has 13');
  });
}

test('small takes before the credit ran out are told when it does', () => {
  transmit(2000);
  tunnel.session.socketSent(2000);
  assert.deepEqual(credits(), []);
  transmit(SOCKET_CREDIT - 2000);
  assert.deepEqual(credits(), [2000]);
});
