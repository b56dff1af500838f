import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csrfProblem, handshakeProblem, isTopLevel } from '../../src/auth/browser.js';

const OWN = 'http://127.0.0.1:3721';
const FOREIGN = [
  'https://evil.test',
  'null',
  'http://127.0.0.1:3722',
  'https://127.0.0.1:3721',
  'http://localhost:3721',
  'http://127.0.0.1:3721.evil.test',
  'http://127.0.0.1:3721/',
  'HTTP://127.0.0.1:3721',
  `${OWN}, ${OWN}`,
];
const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'post', ''];

test('attack 35: a request that changes something needs the field, and our whole Origin where one is sent', () => {
  for (const method of UNSAFE) {
    assert.equal(csrfProblem({ method, origin: OWN, csrf: '1' }, OWN), undefined);
    for (const csrf of ['', '0', 'true', '1, 1', ' 1']) {
      assert.match(csrfProblem({ method, origin: OWN, csrf }, OWN) ?? '', /X-Visiona-Csrf/);
    }
    for (const origin of FOREIGN) {
      assert.match(csrfProblem({ method, origin, csrf: '1' }, OWN) ?? '', /Origin/, origin);
    }
  }
});

test('attack 37: without Origin the field alone decides', () => {
  assert.equal(csrfProblem({ method: 'POST', origin: '', csrf: '1' }, OWN), undefined);
  assert.ok(csrfProblem({ method: 'POST', origin: '', csrf: '' }, OWN));
});

test('what changes nothing needs no field', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE']) {
    assert.equal(csrfProblem({ method, origin: '', csrf: '' }, OWN), undefined);
    assert.equal(csrfProblem({ method, origin: 'https://evil.test', csrf: '' }, OWN), undefined);
  }
});

test('attack 04: a WebSocket with the cookie needs exactly our Origin', () => {
  assert.equal(handshakeProblem(OWN, OWN), undefined);
  for (const origin of [...FOREIGN, '']) assert.ok(handshakeProblem(origin, OWN), origin);
});

test('attack 26: only a top-level navigation signs in; from which site it comes does not matter', () => {
  assert.ok(isTopLevel({ origin: '', destination: '' }));
  assert.ok(isTopLevel({ origin: '', destination: 'document' }));
  for (const destination of ['iframe', 'frame', 'image', 'script', 'empty', 'embed', 'object', 'Document']) {
    assert.ok(!isTopLevel({ origin: '', destination }), destination);
  }
  assert.ok(!isTopLevel({ origin: 'https://evil.test', destination: 'document' }));
});
