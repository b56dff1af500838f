import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connectUrl, dial } from '../../../src/agent/dial.js';
import { createLogger } from '../../../src/observability/log.js';
import type { NewAuditEntry } from '../../../src/store/ports/audit.js';
import { StoreError, StoreUnavailableError } from '../../../src/store/ports/errors.js';
import { type DeviceId, hashToken, type TokenHash, type UserId } from '../../../src/store/ports/ids.js';
import { RefusedDials } from '../../../src/tunnel/listener/refused-dials.js';
import { ProxyFixture } from '../../support/proxy-fixture.js';
import { AWAY } from '../../support/test-store.js';

const ALICE = 'alice' as UserId;

function open() {
  const lines: Record<string, unknown>[] = [];
  const rows: [UserId | undefined, NewAuditEntry][] = [];
  const asked: number[] = [];
  const spent = { owner: ALICE, deviceId: 'cam-1' as DeviceId };
  const store = {
    spentCredentials: async (tokens: readonly TokenHash[]) => {
      asked.push(tokens.length);
      return tokens.map((token) => (token === hashToken('revoked') ? spent : undefined));
    },
    spentPairing: () => Promise.resolve(undefined),
  };
  const refusals = {
    record: (owner: UserId | undefined, entry: NewAuditEntry) => void rows.push([owner, entry]),
  };
  const log = createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { lines, rows, asked, dials: new RefusedDials({ store, refusals, log }) };
}

test('O1, O2: a dial with a token that is good no more is a line and a row; one of nobody is a line', async () => {
  const { lines, rows, dials } = open();
  dials.refused({ token: 'revoked', address: '192.0.2.1' }, 'unauthorized');
  dials.refused({ token: 'nobodys', address: '192.0.2.2' }, 'unauthorized');
  await nextTurn();
  await nextTurn();
  assert.deepEqual(
    lines.map(({ msg, level, remoteAddr, userId, deviceId }) => [msg, level, remoteAddr, userId, deviceId]),
    [
      ['a device was refused', 'info', '192.0.2.1', 'alice', 'cam-1'],
      ['a device was refused', 'info', '192.0.2.2', undefined, undefined],
    ],
  );
  const entry = { action: 'device.connected', target: 'cam-1', result: 'refused' } as const;
  assert.deepEqual(rows, [[ALICE, { actor: 'device', remoteAddr: '192.0.2.1', ...entry }]]);
  assert.doesNotMatch(JSON.stringify(lines), /revoked|nobodys/);
});

test('attack 62, O1: a flood of refused dials asks the store once for a thousand, and the rest is counted', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { lines, asked, dials } = open();
  for (let i = 0; i < 5000; i++) dials.refused({ token: `t${i}`, address: '192.0.2.1' }, 'unauthorized');
  for (let i = 0; i < 7; i++) dials.refused({ token: '', address: '192.0.2.1' }, 'rate-limited');
  await nextTurn();
  await nextTurn();
  assert.deepEqual(asked, [1000]);
  t.mock.timers.tick(10_000);
  const { msg, unauthorized, 'rate-limited': limited } = lines.at(-1) ?? {};
  assert.deepEqual([msg, unauthorized, limited], ['dials were refused', 4000, 7]);
  assert.equal(lines.length, 1001);
});

test('D4: while the store is away, why nobody is let in is one line in ten seconds, without a stack', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { lines, dials } = open();
  const away = new StoreUnavailableError('a test', {
    cause: new Error('the store is not available: a test'),
  });
  const logged = () => lines.filter(({ msg }) => msg === 'devices could not be authenticated');
  for (let i = 0; i < 1000; i++) dials.undecided(away);
  const [{ time: _, pid: __, ...line } = {}] = logged();
  const reason = 'the store is not available: a test';
  const msg = 'devices could not be authenticated';
  assert.deepEqual(line, { level: 'warn', code: 'ERR_STORE_UNAVAILABLE', reason, msg });
  assert.equal(lines.length, 1);
  t.mock.timers.tick(10_000);
  dials.undecided(away);
  assert.equal(logged().length, 2);
  t.mock.timers.tick(10_000);
  dials.undecided(new StoreError('ERR_STORE_CONFLICT', 'a fault of ours'));
  assert.equal(logged().at(-1)?.level, 'error');
  assert.match(JSON.stringify(logged().at(-1)), /"stack"/);
  assert.equal(lines.length, 3);
});

test('D4: devices that dial while the store is away are 503, and one line says why', async (t) => {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line)) });
  const fixture = await ProxyFixture.start({ log });
  fixture.store.fault = AWAY;
  t.after(() => fixture.close());
  const url = connectUrl(new URL(`ws://127.0.0.1:${fixture.proxy.tunnelPort}`));
  for (let i = 0; i < 3; i++) {
    assert.notEqual((await dial(url, `cam-${i}`, new AbortController().signal)).kind, 'open');
  }
  const logged = lines.filter(({ level }) => level === 'warn' || level === 'error');
  assert.deepEqual(
    logged.map(({ msg, code, err }) => [msg, code, err]),
    [['devices could not be authenticated', 'ERR_STORE_UNAVAILABLE', undefined]],
  );
});
