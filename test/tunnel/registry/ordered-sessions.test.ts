import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OrderedSessions } from '../../../src/tunnel/registry/ordered-sessions.js';
import type { TunnelSession } from '../../../src/tunnel/session/main/tunnel-session.js';

const session = (deviceId: string) => ({ identity: { deviceId } }) as TunnelSession;
const ids = (found: Iterable<TunnelSession>) => [...found].map(({ identity }) => identity.deviceId);

test('whatever comes and goes, a range holds those between its ends, in order, once each', () => {
  const deviceId = fc.string({ minLength: 1, maxLength: 2 });
  const step = fc.record({ deviceId, leaves: fc.boolean() });
  const range = fc.record({ from: deviceId, upTo: deviceId }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.array(step), range, (steps, { from = '', upTo = '\uffff' }) => {
      const ordered = new OrderedSessions();
      const known = new Map<string, TunnelSession>();
      for (const { deviceId, leaves } of steps) {
        const one = known.get(deviceId) ?? session(deviceId);
        if (leaves) {
          known.delete(deviceId);
          ordered.delete(one);
        } else {
          known.set(deviceId, one);
          ordered.add(one);
        }
      }
      assert.equal(ordered.size, known.size);
      const expected = [...known.keys()].filter((id) => id >= from && id <= upTo).sort();
      assert.deepEqual(ids(ordered.within({ from, upTo })), expected);
    }),
  );
});

test('a session that was replaced takes nothing of its successor with it', () => {
  const ordered = new OrderedSessions();
  const [old, young] = [session('a'), session('a')];
  ordered.add(old);
  ordered.delete(old);
  ordered.add(young);
  ordered.delete(old);
  assert.deepEqual([...ordered.within({})], [young]);
});

test('the sessions outside of a range are not looked at', () => {
  let looks = 0;
  const ordered = new OrderedSessions();
  for (let i = 10_000; i < 20_000; i++) {
    const identity = { deviceId: String(i) };
    const counted = Object.defineProperty({}, 'identity', { get: () => ++looks && identity });
    ordered.add(counted as TunnelSession);
  }
  looks = 0;
  assert.equal(ids(ordered.within({ from: '14000', upTo: '14009' })).length, 10);
  assert.ok(looks < 100, `${looks} looks`);
});
