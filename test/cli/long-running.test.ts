import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingBinary } from '../../src/cli/long-running.js';

test('the refusal of a native module is one sentence that names the machine and what to use', () => {
  const error = new Error(
    'This version of uWS.js supports only Node.js versions 16, 18, 20 …\n\nError: GLIBC',
  );
  const sentence = missingBinary(error);
  assert.match(sentence ?? '', new RegExp(`Node ${process.version} here .*use Node 20`));
  assert.doesNotMatch(sentence ?? '', /\n/);
});

test('other errors are left alone', () => {
  assert.equal(missingBinary(new Error('Cannot find module')), undefined);
  assert.equal(missingBinary('This version of uWS.js supports only'), undefined);
});
