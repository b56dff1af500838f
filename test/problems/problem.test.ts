import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { test } from 'node:test';
import { PROBLEM_CODES, problem, problemKind, renderProblem } from '../../src/problems/problem.js';

const docs = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');

test('docs/errors.md lists every problem as it is, and no other', () => {
  const documented = docs
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, 6)
        .map((cell) => cell.trim()),
    );
  const registered = PROBLEM_CODES.map((code) => {
    const { status, title, retry, retryAfter } = problemKind(code);
    return [`\`${code}\``, String(status), title, retry, retryAfter === undefined ? '' : `${retryAfter} s`];
  });
  assert.deepEqual(documented, registered);
});

test('the answers for device calls are there with their status (04-rest-api §4.1)', () => {
  assert.equal(problemKind('device-not-found').status, 404);
  assert.equal(problemKind('device-offline').status, 503);
  assert.equal(problemKind('bad-device-response').status, 502);
  assert.equal(problemKind('device-timeout').status, 504);
  assert.equal(problemKind('device-busy').status, 429);
});

for (const code of PROBLEM_CODES) {
  test(`${code} is a sound entry`, () => {
    const { status, title, retry, retryAfter } = problemKind(code);
    assert.match(code, /^[a-z]+(-[a-z]+)*$/);
    assert.ok(STATUS_CODES[status] !== undefined && status >= 400);
    assert.match(title, /^[A-Z].*[^.]$/);
    // 503: the device has not seen it. 408, 502, 504: it may have (02-tunnel §2.3).
    if (status === 503) assert.equal(retry === 'any', code !== 'store-outcome-unknown');
    if ([408, 502, 504].includes(status)) assert.notEqual(retry, 'any');
    // Whoever is told to wait may come again.
    assert.equal(retryAfter !== undefined, retry === 'any' && [429, 503].includes(status));
    if (retryAfter !== undefined) assert.equal(retry, 'any');
  });
}

test('titles tell problems apart', () => {
  assert.equal(new Set(PROBLEM_CODES.map((code) => problemKind(code).title)).size, PROBLEM_CODES.length);
});

test('a problem has the members of RFC 9457 and no empty one', () => {
  assert.deepEqual(JSON.parse(renderProblem('device-offline', { requestId: 'r1' })), {
    type: 'urn:visiona:problem:device-offline',
    title: 'The device has no live tunnel',
    status: 503,
    code: 'device-offline',
    requestId: 'r1',
  });
});

test('detail, instance and errors are told when there are any', () => {
  const occurrence = {
    requestId: 'r2',
    detail: 'name: "<b>"\n',
    instance: '/api/devices/d1',
    errors: [{ path: '/name', message: 'too long' }],
  };
  assert.deepEqual(JSON.parse(renderProblem('validation', occurrence)), problem('validation', occurrence));
  assert.deepEqual(problem('validation', occurrence), {
    type: 'urn:visiona:problem:validation',
    title: 'The request does not match its schema',
    status: 400,
    code: 'validation',
    ...occurrence,
  });
});
