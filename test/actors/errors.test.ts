import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError, crashed, describeExit, rebuildError, serializeError } from '../../src/actors/errors.js';

test('an error keeps its code, message and stack across a thread', () => {
  const error = new CodedError('SOME_CODE', 'what happened');
  const rebuilt = rebuildError(structuredClone(serializeError(error)));
  assert.ok(rebuilt instanceof CodedError);
  assert.equal(rebuilt.code, 'SOME_CODE');
  assert.equal(rebuilt.message, 'what happened');
  assert.equal(rebuilt.stack, error.stack);
});

test('whatever is thrown has a serialized form', () => {
  const stackless = new Error('no stack');
  delete stackless.stack;
  assert.deepEqual(serializeError(stackless), { code: 'UNEXPECTED', message: 'no stack' });
  assert.deepEqual(serializeError('text'), { code: 'UNEXPECTED', message: 'text' });
  assert.deepEqual(serializeError(undefined), { code: 'UNEXPECTED', message: 'undefined' });
  assert.equal(serializeError(Object.assign(new Error('x'), { code: 42 })).code, 'UNEXPECTED');
  assert.equal(serializeError(Object.assign(new Error('x'), { code: 'EPIPE' })).code, 'EPIPE');
});

test('every exit reason has one line', () => {
  const crash = crashed(new CodedError('BAD', 'went wrong'));
  assert.equal(describeExit({ kind: 'normal' }), 'normal');
  assert.equal(describeExit({ kind: 'killed', why: 'test' }), 'killed: test');
  assert.equal(describeExit(crash), 'crashed: went wrong (BAD)');
  assert.equal(describeExit({ kind: 'host-down', why: 'gone' }), 'host down: gone');
  assert.equal(
    describeExit({ kind: 'escalated', child: 'c', last: crash }),
    'escalated: c failed too often, last crashed: went wrong (BAD)',
  );
});
