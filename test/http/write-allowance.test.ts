import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import type { Route } from '../../src/http/route.js';
import { WriteAllowance } from '../../src/limits/write-allowance.js';
import { Metrics } from '../../src/observability/metrics.js';
import type { ProblemError } from '../../src/problems/problem-error.js';
import type { UserId } from '../../src/store/ports/ids.js';
import { ALICE, AS_ALICE, BOB, rawRequest, TestRest } from './kit.js';
import { operationOf, USER_ROUTES } from './routes.js';
import { pathOf } from './strangers.js';

const AS_BOB = { authorization: `Bearer ${BOB}` };

/** What a user may call and is no reading. */
const WRITING = USER_ROUTES.filter(
  (route) => route.methods[0] !== 'GET' && !('default' in (operationOf(route)?.responses ?? { default: {} })),
);

/** Whether the document says that a route is limited; a sign-in is, too, by its own limit. */
function isLimited(route: Route): boolean {
  return JSON.stringify(operationOf(route)?.responses[429] ?? '').includes('rate-limited');
}

test('B2: every route that writes takes of what its user may change, and only a sign-out is always let through', () => {
  assert.ok(WRITING.length >= 8);
  const free = WRITING.filter((route) => !isLimited(route)).map(({ path }) => path);
  assert.deepEqual(free, ['/api/auth/logout']);
  const others = USER_ROUTES.filter((route) => isLimited(route) && !WRITING.includes(route));
  assert.deepEqual(others, []);
});

for (const route of WRITING.filter(isLimited)) {
  const [method] = route.methods;
  test(`B2: beyond it ${method} ${route.path} is 429 and tells how long to wait, to this user alone`, async () => {
    const api = await TestRest.start({ userWrites: 2 });
    try {
      const call = (fields: Readonly<Record<string, string>>) =>
        rawRequest(api.port, `${method} ${pathOf(route, { deviceId: 'cam-1' })}`, {
          ...fields,
          'content-type': 'application/json',
          'content-length': '0',
        });
      const before = api.store.calls.length;
      for (let i = 0; i < 2; i += 1) assert.notEqual((await call(AS_ALICE)).status, 429);
      const asked = api.store.calls.length;
      const refused = await call(AS_ALICE);
      assert.equal(refused.status, 429);
      assert.equal(JSON.parse(refused.body).code, 'rate-limited');
      const seconds = Number(refused.headers.get('retry-after')?.[0]);
      assert.ok(seconds >= 1 && seconds <= 60, `${seconds}`);
      assert.equal(api.store.calls.length, asked, 'the store was asked');
      assert.ok(asked >= before);
      assert.equal((await rawRequest(api.port, 'GET /api/devices', AS_ALICE)).status, 200);
      assert.notEqual((await call(AS_BOB)).status, 429);
    } finally {
      await api.close();
    }
  });
}

test('B2: a minute refills what a minute may have, a day what a day may have', async (t) => {
  t.after(() => mock.timers.reset());
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 });
  const writes = new WriteAllowance(3, new Metrics());
  /** Seconds for which a change is refused; 0: it was counted. */
  const refusedFor = async (user: UserId) => {
    const refused = await writes.count(user).catch((error: ProblemError) => error);
    return refused === undefined ? 0 : Number(refused.options.headers?.['Retry-After']);
  };
  const allowed = async (user: UserId) => {
    let count = 0;
    while ((await refusedFor(user)) === 0) count += 1;
    return count;
  };
  assert.equal(await allowed(ALICE), 3);
  assert.equal(await allowed(BOB), 3);
  let all = 3;
  for (let minute = 1; minute < 200; minute += 1) {
    mock.timers.tick(60_000);
    all += await allowed(ALICE);
  }
  assert.equal(all, 300);
  const seconds = await refusedFor(ALICE);
  assert.ok(seconds > 3_600 && seconds <= 86_400, `${seconds}`);
  mock.timers.tick(86_400_000);
  assert.equal(await allowed(ALICE), 3);
});
