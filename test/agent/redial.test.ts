import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Ending, Redial } from '../../src/agent/redial.js';

const failed: Ending = { kind: 'failed', error: new Error('ECONNREFUSED') };
const closed = (code: number, livedMs: number): Ending => ({ kind: 'closed', code, reason: '', livedMs });
const refused = (status: number, retryAfterMs?: number): Ending => ({
  kind: 'refused',
  status,
  retryAfterMs,
});

const redialWith = (random: number) => new Redial(() => random, '/etc/visiona/token');

/** The longest delay each ending in a row may get: full jitter with the highest random number. */
function ceilings(endings: readonly Ending[]): number[] {
  const redial = redialWith(1);
  return endings.map((ending) => redial.after(ending).delayMs);
}

test('the ceiling doubles from 100 ms to 30 s and stays there', () => {
  const delays = ceilings(Array.from({ length: 12 }, () => failed));
  assert.deepEqual(delays, [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000]);
});

test('jitter is full: from 0 to the ceiling', () => {
  assert.equal(redialWith(0).after(failed).delayMs, 0);
  assert.equal(redialWith(0.5).after(failed).delayMs, 50);
});

test('a tunnel that lived starts the backoff again, one that fell at once does not', () => {
  assert.deepEqual(ceilings([failed, failed, closed(1012, 10_000), failed]), [100, 200, 100, 200]);
  assert.deepEqual(ceilings([failed, failed, closed(1012, 9_999), failed]), [100, 200, 400, 800]);
});

test('attack 52: a refused or revoked credential is tried slowly, and the log line says what to do', () => {
  for (const ending of [refused(401), refused(403), closed(1008, 60_000)]) {
    const soonest = redialWith(0).after(ending);
    assert.equal(soonest.delayMs, 30_000);
    assert.equal(soonest.level, 'error');
    assert.match(soonest.message, /remove \/etc\/visiona\/token and pair the device again/);
    // An address that is not the tunnel's refuses everybody, too; after a tunnel was up it is not the cause.
    assert.equal(soonest.message.includes('--tunnel-url'), ending.kind === 'refused');
  }
});

test('a device that was replaced waits at least 30 s and says why', () => {
  const { delayMs, message } = redialWith(0).after(closed(4000, 3));
  assert.equal(delayMs, 30_000);
  assert.match(message, /share one credential/);
});

test('Retry-After is waited for, with the backoff on top; without one there is only the backoff', () => {
  for (const status of [429, 503]) {
    assert.deepEqual(ceilings([refused(status, 2_000), refused(status, 2_000)]), [2_100, 2_200]);
    assert.deepEqual(ceilings([refused(status)]), [100]);
  }
});

test('a proxy in front that finds nobody behind it is no fault of the URL', () => {
  for (const status of [502, 504]) {
    const { level, message } = redialWith(0).after(refused(status));
    assert.equal(level, 'warn');
    assert.match(message, new RegExp(`^the cloud cannot be reached just now: .* answered ${status}$`));
    assert.deepEqual(ceilings([refused(status), refused(status)]), [100, 200]);
  }
});

test('a certificate of an authority that is not known is told with what to set', () => {
  const error = Object.assign(new Error('self-signed certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  assert.match(redialWith(0).after({ kind: 'failed', error }).message, /self-signed.*NODE_EXTRA_CA_CERTS/);
  assert.doesNotMatch(redialWith(0).after(failed).message, /NODE_EXTRA_CA_CERTS/);
});

test('another status hints at the URL', () => {
  assert.match(redialWith(0).after(refused(404)).message, /404.*check the tunnel URL/);
});

test('whatever happens, a delay is from 0 to what its rule allows', () => {
  const ending = fc.oneof(
    fc.constant(failed),
    fc.record({
      kind: fc.constant('closed' as const),
      code: fc.constantFrom(1000, 1001, 1006, 1008, 1011, 1012, 4000, 4001, 4002),
      reason: fc.string(),
      livedMs: fc.nat(),
    }),
    fc.record({
      kind: fc.constant('refused' as const),
      status: fc.integer({ min: 100, max: 599 }),
      retryAfterMs: fc.option(fc.nat(), { nil: undefined }),
    }),
  );
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(ending, random)), (steps) => {
      let next = 0;
      const redial = new Redial(() => next, '/etc/visiona/token');
      for (const [step, number] of steps) {
        next = number;
        const { delayMs } = redial.after(step);
        const isAsked = step.kind === 'refused' && (step.status === 429 || step.status === 503);
        const asked = isAsked ? Math.min(step.retryAfterMs ?? 0, 300_000) : 0;
        assert.ok(delayMs >= asked && delayMs <= asked + 60_000, `${delayMs}`);
      }
    }),
  );
});
