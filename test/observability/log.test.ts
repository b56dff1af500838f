import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, type Logger } from '../../src/observability/log.js';
import { REDACTED_KEYS, redactKeys, redactText } from '../../src/observability/redact.js';
import { Secret } from '../../src/text/secret.js';

const SECRET = 'Vg3kXo9sQm2Zt7Lr';

/** What `write` logged, as text. */
function logged(write: (log: Logger) => void, level = 'info'): string {
  const lines: string[] = [];
  write(createLogger(level, { write: (line: string) => lines.push(line) }));
  return lines.join('');
}

test('a line has its level by name, the time in ISO 8601, the pid and the message', () => {
  const { level, time, pid, msg, deviceId } = JSON.parse(
    logged((log) => log.warn({ deviceId: 'd1' }, 'slow')),
  );
  assert.deepEqual(
    { level, pid, msg, deviceId },
    { level: 'warn', pid: process.pid, msg: 'slow', deviceId: 'd1' },
  );
  assert.match(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('nothing below the level is logged', () => {
  assert.equal(
    logged((log) => log.info('x'), 'warn'),
    '',
  );
});

for (const key of REDACTED_KEYS) {
  test(`the value of "${key}" is not logged, at the top and two levels below`, () => {
    const value = { [key]: SECRET };
    const text = logged((log) => {
      log.info(value, 'top');
      log.info({ request: value }, 'one below');
      log.info({ request: { headers: value } }, 'two below');
      log.child(value).info('child');
    });
    assert.doesNotMatch(text, new RegExp(SECRET));
    assert.equal(text.match(/\[redacted\]/g)?.length, 4);
  });
}

test('an error with a secret field is logged with its message and stack, and a list with its places', () => {
  const text = logged((log) => {
    log.error({ err: Object.assign(new Error('no luck'), { password: SECRET, port: 5 }) }, 'failed');
    log.info({ list: [{ token: SECRET }, { name: 'cam' }] }, 'listed');
  });
  const [failed, listed] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.doesNotMatch(text, new RegExp(SECRET));
  const { message, stack, password, port } = failed.err;
  assert.deepEqual({ message, password, port }, { message: 'no luck', password: '[redacted]', port: 5 });
  assert.match(stack, /no luck\n +at /);
  assert.deepEqual(Object.values(listed.list), [{ token: '[redacted]' }, { name: 'cam' }]);
});

test('what is logged is not changed, and not copied when there is no secret in it', () => {
  const harmless = { a: { b: { c: { token: SECRET } } }, bytes: new Uint8Array(2), none: null };
  assert.equal(redactKeys(harmless), harmless);
  const secret = { request: { token: SECRET } };
  assert.deepEqual(redactKeys(secret), { request: { token: '[redacted]' } });
  assert.equal(secret.request.token, SECRET);
});

test('credentials are taken out of text: messages, URLs and stacks', () => {
  const text = logged((log) => {
    log.info(`POST /internal/forward/http?token=${SECRET}&x=1`);
    log.info({ url: `ws://h/tunnel/connect?a=1&token=${SECRET}` }, 'dialled');
    log.info({ header: `Bearer ${SECRET}` }, 'odd');
    log.error({ err: new Error(`GET /callback?code=${SECRET} failed`) }, 'failed');
  });
  assert.doesNotMatch(text, new RegExp(SECRET));
  for (const line of text.trim().split('\n')) assert.doesNotThrow(() => JSON.parse(line), line);
  assert.match(text, /x=1/);
});

test('a Secret shows nothing, under any key', () => {
  assert.doesNotMatch(
    logged((log) => log.info({ harmless: new Secret(SECRET) }, `${new Secret(SECRET)}`)),
    new RegExp(SECRET),
  );
});

test('text without credentials is left as it is', () => {
  const line = '{"msg":"tokens: 3","path":"/api/devices?limit=10"}';
  assert.equal(redactText(line), line);
});
