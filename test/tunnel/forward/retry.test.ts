import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FORWARD_FAILURES } from '../../../src/contract/call.js';
import { problemKind } from '../../../src/problems/problem.js';
import { maySendAgain } from '../../../src/tunnel/forward/retry.js';

const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'];
const OTHERS = ['POST', 'PATCH', 'CONNECT', 'PURGE', 'get', ''];

test('only what a tunnel failed is sent again, and what may have reached the device only if its method is idempotent', () => {
  const ofTunnel = ['stream-refused', 'tunnel-lost-before-send', 'tunnel-lost-after-send'];
  for (const code of FORWARD_FAILURES) {
    const isOfTunnel = ofTunnel.includes(code);
    for (const method of [...IDEMPOTENT, ...OTHERS]) {
      assert.equal(maySendAgain(method, code, false), isOfTunnel, `${method} ${code}`);
      const expected = isOfTunnel && IDEMPOTENT.includes(method);
      assert.equal(maySendAgain(method, code, true), expected, `${method} ${code}, reached`);
    }
  }
});

test('nothing is sent again of which callers are told that they must not', () => {
  for (const code of FORWARD_FAILURES) {
    const { retry } = problemKind(code);
    const isUnseen = retry === 'any';
    for (const method of [...IDEMPOTENT, ...OTHERS]) {
      if (!maySendAgain(method, code, !isUnseen)) continue;
      assert.ok(
        retry === 'any' || (retry === 'idempotent' && IDEMPOTENT.includes(method)),
        `${method} ${code}`,
      );
    }
  }
});
